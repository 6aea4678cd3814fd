//! What *Messages* says.

words! {
    /// The history of what was pushed.
    Messages {
        title: "History", "历史";
        audience: "Audience", "受众";
        anybody: "For anybody", "所有受众";
        clients: "For clients", "发给客户端";
        topics: "For topics", "发给主题";
        everyone: "For everyone", "发给所有人";
        one_client: "For one client", "发给某个客户端";
        one_topic: "For one topic", "发给某个主题";
        which: "Which one", "哪一个";
        which_hint: "Its id or name", "ID 或名称";
        event: "Type of messages", "消息类型";
        event_hint: "Event type", "事件类型";
        text: "Text in messages", "消息内容";
        text_hint: "Text in the data", "数据中的文字";
        clear: "Clear the filters", "清除筛选";
        none: "Nothing has been pushed yet", "还没有推送过消息";
        none_about: "What you push is listed here, with what became of it.", "推送的消息及其结果会列在这里。";
        first_push: "Push something", "去推送";
        no_match: "Nothing that was pushed is like this.", "没有符合条件的消息。";
        older: "Older messages", "更早的消息";
        loading: "Reading the history", "正在读取历史";
        details: "Details", "详情";
        again: "Push again", "再次推送";
        take_back: "Take back", "撤回";
        take_back_ask: "Take back for good?", "确定永久撤回？";
        taken_back: "taken back", "已撤回";
        expired: "expired", "已过期";
        waiting: "waiting", "等待中";
        sent: "sent", "已发送";
        acknowledged: "acknowledged", "已确认";
        taken_back_in_time: "taken back in time", "送达前撤回";
        nobody: "nobody was connected", "当时无人在线";
        sent_of: "{sent} of {all} sent", "已发送 {sent}/{all}";
        joint: ", ", "，";
        recipients: "Recipients", "接收者";
        until: "{id}, until {clock}", "{id}，有效期至 {clock}";
        curl: "Copy as curl", "复制为 curl";
        recalled: "Taken back. Pages that show it take it off.", "已撤回，正在显示它的页面会将其移除。";
        to_clients: "{n} client|{n} clients", "{n} 个客户端";
        to_topic: "topic {name}", "主题 {name}";
        to_everyone: "everyone", "所有人";
        failed: "The history could not be read: {why}", "无法读取历史：{why}";
    }
}
