//! What stands around every page, and what all of them say.

texts! {
    /// The frame of every page.
    Shell {
        description: "A self-hosted push server. It delivers messages to browsers in real time and loses none.",
            "自托管的消息推送服务器：实时向浏览器投递消息，一条不丢。";
        skip: "Skip to the content", "跳到正文";
        no_script: "This page needs JavaScript. It opens an event stream and shows the messages that arrive.",
            "此页面需要启用 JavaScript：它会打开一条事件流并显示收到的消息。";
        not_loaded: "A part of this page could not be loaded. The page is loaded again as soon as the server answers.",
            "此页面的一部分未能加载。服务器一有响应，页面就会重新加载。";
        pages: "Pages", "页面导航";
        listen: "Subscriber", "订阅";
        admin: "Admin", "管理";
        jobs: "Jobs", "任务";
        docs: "Docs", "文档";
        try_it: "Try it", "快速上手";
        language: "Language", "语言";
        language_failed: "The language could not be loaded. Reload the page to try again.", "无法加载该语言。请刷新页面重试。";
        what_this_is: "Tidings {version}, a self-hosted push server.", "Tidings {version}，自托管的消息推送服务器。";
        no_answer: "The server does not answer.", "服务器没有响应。";
        not_understood: "The server's response could not be parsed: {why}", "无法解析服务器的响应：{why}";
        keep: "Cancel", "取消";
    }
}

texts! {
    /// How a stream stands.
    Stream {
        connecting: "Connecting", "正在连接";
        live: "Live", "实时";
        reconnecting: "Reconnecting", "正在重连";
        offline: "Offline", "已离线";
        in_seconds: " in {n} s", "，{n} 秒后";
        next_try: ", next attempt in {n} s", "，{n} 秒后重试";
        try_now: "Retry now", "立即重试";
        no_network: "This device has no network connection.", "此设备没有网络连接。";
        unreachable: "The server does not answer.", "服务器没有响应。";
        silent: "No data arrived on the connection for too long.", "连接长时间没有收到数据。";
        ended: "The connection was closed.", "连接已关闭。";
        shutdown: "The server is shutting down. It may restart.", "服务器正在关闭，可能会重新启动。";
        disconnected: "An admin closed the connection.", "管理员断开了此连接。";
        token_expired: "The token has expired.", "令牌已过期。";
        token_revoked: "The token was revoked.", "令牌已被吊销。";
        status: "The server answered with status {status}.", "服务器返回状态码 {status}。";
    }
}

texts! {
    /// The button that copies.
    Copying {
        copy: "Copy", "复制";
        copied: "Copied", "已复制";
        not_allowed: "Copying is not allowed", "不允许复制";
    }
}

texts! {
    /// An address that leads nowhere.
    NotFound {
        title: "Page not found", "页面不存在";
        heading: "Page not found", "页面不存在";
        about: "There is no page at this address.", "此地址没有对应的页面。";
        back: "Go to the start page", "回到首页";
    }
}

texts! {
    /// What keys do.
    Keys {
        title: "Keyboard shortcuts", "键盘快捷键";
        search: "Search", "搜索";
        find: "Find anything in the panel", "在管理面板中查找";
        moves: "Next or previous entry of a list", "列表中的下一项或上一项";
        open: "Open the entry", "打开此项";
        select: "Select the message, or a range", "选择消息，或选择一段范围";
        pause: "Pause the live tail, or go on", "暂停或继续实时消息";
        this: "Show this help", "显示此帮助";
        close: "Close the open details", "关闭当前打开的详情";
        dismiss: "Close", "关闭";
    }
}
