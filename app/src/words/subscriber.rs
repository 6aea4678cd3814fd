//! What the page of a subscriber says.

words! {
    /// The page of a tab that listens.
    Subscriber {
        title: "Listen", "收听";
        title_unseen: "({n}) Listen", "（{n}）收听";
        heading: "This tab listens", "此标签页正在收听";
        about: "Whatever is pushed to it shows up here at once.", "推送给它的消息会立即显示在这里。";
        client_id: "Client id", "客户端 ID";
        the_client_id: "the client id", "客户端 ID";
        new_id: "New id", "换一个 ID";
        about_id: "It belongs to this tab and survives a reload.", "它属于此标签页，刷新后保持不变。";
        about_shared_id: "New tabs of this browser take it too.", "此浏览器的新标签页也会使用它。";
        share: "Share one connection between tabs with this id", "同一 ID 的标签页共用一条连接";
        notify: "Notify me while this page is out of sight", "此页面不可见时通知我";
        may_not_notify: "The browser does not allow notifications from here.", "浏览器不允许此页面发送通知。";
        meanwhile: "Nothing is lost: what is pushed meanwhile comes once the stream is open again.",
            "不会丢失任何消息：期间推送的内容会在连接恢复后送达。";
        nothing_yet: "Nothing has arrived yet", "还没有收到消息";
        push_from: "Push something from the ", "从";
        panel: "panel", "管理面板";
        or_shell: " in another tab, or from a shell:", "（在另一个标签页中）推送一条消息，或者在终端里执行：";
        the_command: "the command", "命令";
    }
}

words! {
    /// What has arrived.
    Inbox {
        title: "Messages", "消息";
        received: " received", " 条已收到";
        clear: "Clear", "清空";
        undo_clear: "Undo clearing {n} message|Undo clearing {n} messages", "撤销清空 {n} 条";
        search: "Search the messages", "搜索消息";
        topic: "Show topic", "显示主题";
        every_topic: "All topics", "所有主题";
        kind: "Show type", "显示类型";
        every_kind: "All types", "所有类型";
        none_match: "No message matches", "没有匹配的消息";
        show_all: "Show all", "显示全部";
        older: "Show older ones", "显示更早的消息";
        new: "new", "新";
        pin: "Keep at the top", "置顶";
        lines: "{n} line|{n} lines", "{n} 行";
        kept: "Only the newest {n} are kept here.", "这里只保留最新的 {n} 条。";
        message: "message", "消息";
        taken_back: "taken back", "已撤回";
        gap: "gap", "缺失";
        missed: "while you were away", "离开期间收到";
        taken_back_by_sender: "Taken back by who sent it.", "发送者已撤回这条消息。";
        pruned: "Messages are missing here: the server did not keep them that long.",
            "此处有消息缺失：服务器没有保留这么久。";
        expired: "Messages are missing here: their time was over before they could be shown.",
            "此处有消息缺失：它们在显示之前就已过期。";
        unknown_epoch: "Messages may be missing here: the server does not have the log that this tab was reading.",
            "此处可能有消息缺失：服务器上没有此标签页之前读取的日志。";
        ahead_of_log: "Messages may be missing here: the server's log was put back to an earlier state.",
            "此处可能有消息缺失：服务器的日志已恢复到较早的状态。";
        slow_reader: "Messages are missing here that were only for who kept up; this tab was too slow.",
            "此处缺少一些仅发给实时在线者的消息：此标签页读取过慢。";
        other_gap: "Messages may be missing here: {reason}.", "此处可能有消息缺失：{reason}。";
    }
}

words! {
    /// What a tab subscribes to.
    Topics {
        title: "Topics", "主题";
        label: "Topic or pattern", "主题或通配模式";
        add: "Subscribe", "订阅";
        leave: "Leave {name}", "退订 {name}";
        about: "A segment * stands for any one segment, a last ** for the rest.",
            "单独一段 * 匹配任意一段，末尾的 ** 匹配其余所有段。";
    }
}
