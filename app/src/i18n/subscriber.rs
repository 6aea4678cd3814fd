//! What the page of a subscriber says.

texts! {
    /// The page of a tab that listens.
    Subscriber {
        title: "Subscriber", "订阅";
        title_unseen: "({n}) Subscriber", "（{n}）订阅";
        heading: "Subscriber", "订阅";
        about: "This page is a client. Messages that are pushed to it appear here immediately.",
            "此页面是一个客户端，推送给它的消息会立即显示在这里。";
        client_id: "Client id", "客户端 ID";
        the_client_id: "the client id", "客户端 ID";
        new_id: "New id", "换一个 ID";
        about_id: "The id belongs to this tab. It stays the same after a reload.",
            "此 ID 属于此标签页，刷新后保持不变。";
        about_shared_id: "New tabs of this browser use the same id.", "此浏览器的新标签页也会使用此 ID。";
        share: "Share one connection between tabs with this id", "同一 ID 的标签页共用一条连接";
        notify: "Notify me while this page is hidden", "此页面不可见时通知我";
        new_in: "{n} new in {topic}", "{topic} 有 {n} 条新消息";
        new_direct: "{n} new messages", "{n} 条新消息";
        may_not_notify: "The browser does not allow notifications from this page.",
            "浏览器不允许此页面发送通知。";
        meanwhile: "No messages are lost. Messages that are pushed now arrive after the page has reconnected.",
            "不会丢失消息：现在推送的消息会在重新连接后送达。";
        nothing_yet: "No messages yet", "还没有收到消息";
        push_from: "Push a message from the ", "从";
        panel: "admin panel", "管理面板";
        or_shell: " in another tab, or from a shell:", "（在另一个标签页中）推送一条消息，或者在终端里执行：";
        the_command: "the command", "命令";
    }
}

texts! {
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
        older: "Show older messages", "显示更早的消息";
        new: "new", "新";
        pin: "Pin to the top", "置顶";
        lines: "{n} line|{n} lines", "{n} 行";
        kept: "Only the newest {n} messages are kept on this page.", "此页面只保留最新的 {n} 条消息。";
        message: "message", "消息";
        recalled_tag: "recalled", "已撤回";
        gap: "gap", "缺失";
        missed: "sent while disconnected", "断开期间发送";
        recalled_by_sender: "The sender recalled this message.", "发送者已撤回这条消息。";
        pruned: "Messages are missing here. They were older than the retention period of the server.",
            "此处缺少消息：它们已超过服务器的保留期。";
        expired: "Messages are missing here. They expired before they could be delivered.",
            "此处缺少消息：它们在送达之前已过期。";
        unknown_epoch: "Messages may be missing here. The server does not have the log that this page was reading.",
            "此处可能缺少消息：服务器上没有此页面之前读取的日志。";
        rolled_back: "The server's log was restored to an earlier state. Some messages above are not in it any more.",
            "服务器的日志已恢复到较早的状态，上面的部分消息已不在其中。";
        unreadable: "Messages are missing here. A part of the server's log is damaged.",
            "此处缺少消息：服务器日志的一部分已损坏。";
        slow_reader: "Messages are missing here. They were only for clients that were connected, and this page read too slowly.",
            "此处缺少消息：它们只发给在线客户端，而此页面读取过慢。";
        other_gap: "Messages may be missing here: {reason}.", "此处可能缺少消息：{reason}。";
    }
}

texts! {
    /// What a tab subscribes to.
    Topics {
        title: "Topics", "主题";
        label: "Topic or pattern", "主题或通配模式";
        add: "Subscribe", "订阅";
        leave: "Unsubscribe from {name}", "退订 {name}";
        about: "The segment * matches any one segment. ** at the end matches all remaining segments.",
            "单独一段 * 匹配任意一段，末尾的 ** 匹配其余所有段。";
    }
}
