//! Texts of the section *Scheduled*.

texts! {
    /// Messages that are to be pushed later.
    Scheduled {
        list: "Scheduled messages", "定时消息";
        loading: "Loading…", "正在加载…";
        none: "No message is scheduled.", "没有定时消息。";
        none_hint: "Set a time in the push form to push a message later.", "在推送表单中填写时间，即可定时推送消息。";
        more: "Show more", "显示更多";
        when: "Time ", "时间 ";
        change: "Change time", "更改时间";
        save: "Save", "保存";
        cancel: "Cancel message", "取消消息";
        cancel_ask: "The message will not be pushed.", "此消息将不会被推送。";
    }
}
