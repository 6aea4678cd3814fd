//! What *Clients* says.

words! {
    /// The list of the clients.
    Clients {
        title: "Clients", "客户端";
        search: "Search clients", "搜索客户端";
        search_hint: "Id or topic", "ID 或主题";
        state: "Which clients", "客户端范围";
        online: "Online", "在线";
        all: "All", "全部";
        matching: "{n} client|{n} clients", "{n} 个客户端";
        client: "Client", "客户端";
        topics: "Topics", "主题";
        connections: "Connections", "连接";
        since: "Since", "上线时间";
        from: "From", "来源";
        away: "away", "离线";
        last_seen: "last seen {ago}", "{ago}在线";
        nobody: "Nobody is connected", "当前没有客户端在线";
        nobody_about: "Open the subscriber page in another tab, or connect a page of your own.",
            "在另一个标签页打开收听页面，或接入您自己的页面。";
        nobody_known: "Nobody has been here yet", "还没有客户端来过";
        no_match: "Nobody matches", "没有匹配的客户端";
        no_match_about: "No id and no topic contains this text.", "没有任何 ID 或主题包含这段文字。";
        also_away: "Search those who are away too", "同时搜索离线的客户端";
        listen: "Open the subscriber page", "打开收听页面";
        try_it: "Connect a page", "接入页面";
        failed: "The list could not be read: {why}", "无法读取列表：{why}";
        more: "+{n}", "另 {n} 个";
    }
}

words! {
    /// All that is known of one client.
    Client {
        about: "About {id}", "查看 {id}";
        close: "Close", "关闭";
        the_id: "the client id", "客户端 ID";
        state: "State", "状态";
        online: "Online", "在线";
        away: "Away", "离线";
        never: "Never here", "从未上线";
        unknown: "Nobody has heard of this client.", "没有这个客户端的记录。";
        first_seen: "First seen", "首次上线";
        last_reason: "Last connection ended", "上次断开原因";
        unread: "Unread", "未读";
        unread_many: "{n} message|{n} messages", "{n} 条消息";
        unread_none: "nothing", "无";
        connections: "Connections", "连接";
        since: "since {clock}", "自 {clock}";
        behind: "{n} message behind|{n} messages behind", "落后 {n} 条消息";
        up_to_date: "up to date", "已同步";
        push: "Push to it", "向它推送";
        messages: "Its messages", "它的消息";
        disconnect: "Disconnect", "断开连接";
        disconnect_ask: "Close its connections? Its pages come back by themselves unless they are told not to.",
            "确定断开它的连接吗？除非另有安排，它的页面会自动重连。";
        disconnect_do: "Close {n} connection|Close {n} connections", "断开 {n} 个连接";
        keep: "Keep", "取消";
        disconnected: "Closed {n} connection of {id}.|Closed {n} connections of {id}.", "已断开 {id} 的 {n} 个连接。";
        left: "the page left", "页面离开";
        lost: "lost without a word", "连接意外中断";
        was_disconnected: "disconnected by an admin", "被管理员断开";
        shutdown: "the server went down", "服务器停机";
        token_expired: "its token expired", "令牌过期";
        log_unreadable: "the log could not be read", "日志无法读取";
    }
}
