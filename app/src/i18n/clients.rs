//! What *Clients* says.

texts! {
    /// The list of the clients.
    Clients {
        title: "Clients", "客户端";
        search: "Search clients", "搜索客户端";
        search_hint: "Client id or topic", "客户端 ID 或主题";
        state: "Filter by state", "按状态筛选";
        online: "Online", "在线";
        all: "All", "全部";
        offline: "Offline", "离线";
        filters: "More filters", "更多筛选";
        topic: "Subscribed to topic", "订阅的主题";
        browser: "Browser", "浏览器";
        any_browser: "Any browser", "任意浏览器";
        any_time: "Connected at any time", "任意上线时间";
        minutes: "In the last 5 minutes", "最近 5 分钟内上线";
        hour: "In the last hour", "最近一小时内上线";
        day: "In the last 24 hours", "最近 24 小时内上线";
        week: "In the last 7 days", "最近 7 天内上线";
        unread: "With unread messages", "有未读消息";
        clear_filters: "Clear filters", "清除筛选";
        matching: "{n} client|{n} clients", "{n} 个客户端";
        client: "Client", "客户端";
        topics: "Topics", "主题";
        connections: "Connections", "连接";
        since: "Connected since", "上线时间";
        from: "Address", "来源地址";
        away: "offline", "离线";
        last_seen: "last seen {ago}", "最后在线：{ago}";
        nobody: "No client is connected", "当前没有客户端在线";
        nobody_about: "Open the subscriber page in another tab, or connect a page of your own.",
            "在另一个标签页打开订阅页面，或接入您自己的页面。";
        nobody_known: "No client has connected yet", "还没有客户端连接过";
        no_match: "No client matches", "没有匹配的客户端";
        no_match_about: "No client meets all filters.",
            "没有客户端符合所有筛选条件。";
        also_offline: "Also search offline clients", "同时搜索离线的客户端";
        listen: "Open the subscriber page", "打开订阅页面";
        try_it: "Connect your own page", "接入您自己的页面";
        failed: "The list could not be loaded: {why}", "无法加载列表：{why}";
        mark: "Select {id}", "选择 {id}";
        mark_all: "Select all that match", "选择所有匹配的客户端";
        marked: "{n} client selected|{n} clients selected", "已选择 {n} 个客户端";
        unmark: "Clear selection", "清除选择";
        most: "Only the first {n} are selected.", "仅选择了前 {n} 个。";
        push_to: "Push to {n} client|Push to {n} clients", "向 {n} 个客户端推送";
        copy_ids: "Copy ids", "复制 ID";
        the_ids: "of the selected clients", "（所选客户端）";
        disconnect_ask: "Close all connections of the selected clients? Their pages usually reconnect automatically.",
            "确定断开所选客户端的所有连接吗？它们的页面通常会自动重连。";
        closed: "Closed {n} connection.|Closed {n} connections.", "已断开 {n} 个连接。";
        more: "+{n}", "另 {n} 个";
    }
}

texts! {
    /// All that is known of one client.
    Client {
        about: "Details of {id}", "{id} 的详情";
        close: "Close", "关闭";
        the_id: "the client id", "客户端 ID";
        state: "State", "状态";
        online: "Online", "在线";
        away: "Offline", "离线";
        never: "Never connected", "从未连接";
        unknown: "The server does not know this client.", "服务器没有这个客户端的记录。";
        first_seen: "First seen", "首次上线";
        last_reason: "Last connection ended", "上次断开原因";
        unread: "Unread", "未读";
        unread_many: "{n} message|{n} messages", "{n} 条消息";
        unread_none: "none", "无";
        connections: "Connections", "连接";
        since: "since {clock}", "自 {clock}";
        behind: "{n} message behind|{n} messages behind", "落后 {n} 条消息";
        up_to_date: "up to date", "已同步";
        at_node: "at node {name}", "位于节点 {name}";
        push: "Push to this client", "向此客户端推送";
        back: "All clients", "所有客户端";
        open: "Open page", "打开页面";
        position_sent: "Sent up to", "已发送至";
        position_read: "Acknowledged up to", "已确认至";
        none_open: "No connection is open.", "没有打开的连接。";
        clear: "Clear inbox", "清空收件箱";
        clear_ask: "Everything that waits for this client expires now for it. Other recipients still get theirs.",
            "所有等待此客户端的消息会立即对其过期；其他接收者不受影响。";
        cleared: "The inbox is empty.", "收件箱已清空。";
        inbox: "Inbox", "收件箱";
        inbox_empty: "Nothing waits for this client.", "没有等待此客户端的消息。";
        inbox_more: "{n} message waits among those that are loaded.|{n} messages wait among those that are loaded.",
            "已加载的消息中有 {n} 条在等待。";
        timeline: "Timeline", "时间线";
        timeline_about: "Messages to this client with what became of them, open connections, and the audit trail.",
            "发给此客户端的消息及其投递情况、打开的连接和审计记录。";
        timeline_without_audit: "Messages to this client with what became of them, and open connections. Who may manage the server sees the audit trail too.",
            "发给此客户端的消息及其投递情况，以及打开的连接。有管理权限者还可看到审计记录。";
        older: "Show older", "显示更早的记录";
        was_first_seen: "Connected for the first time", "首次连接";
        came: "Connected: {from}", "已连接：{from}";
        went: "Disconnected", "已断开";
        went_because: "Disconnected: {why}", "已断开：{why}";
        pushed: "Message", "消息";
        pushed_by: "Message from {who}", "来自 {who} 的消息";
        messages: "Messages for this client", "发给此客户端的消息";
        disconnect: "Disconnect", "断开连接";
        disconnect_ask: "Close all connections of this client? Its pages usually reconnect automatically.",
            "确定断开此客户端的所有连接吗？它的页面通常会自动重连。";
        disconnect_do: "Close {n} connection|Close {n} connections", "断开 {n} 个连接";
        keep: "Cancel", "取消";
        disconnected: "Closed {n} connection of {id}.|Closed {n} connections of {id}.", "已断开 {id} 的 {n} 个连接。";
        left: "closed by the client", "客户端关闭了连接";
        lost: "connection lost", "连接意外中断";
        was_disconnected: "disconnected by an admin", "被管理员断开";
        shutdown: "server shutdown", "服务器停机";
        token_expired: "token expired", "令牌过期";
        key_ended: "API key ended", "API 密钥已失效";
        token_revoked: "token revoked", "令牌已被吊销";
        log_unreadable: "the log could not be read", "日志无法读取";
    }
}
