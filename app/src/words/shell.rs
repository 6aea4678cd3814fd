//! What stands around every page, and what all of them say.

words! {
    /// The frame of every page.
    Shell {
        description: "A self-hosted push server: tell the browsers of your users at once, and lose nothing.",
            "自托管的消息推送服务器：即时送达每一个浏览器，一条不丢。";
        skip: "Skip to the page", "跳到正文";
        no_script: "This page needs JavaScript: it opens a stream and shows what arrives.",
            "此页面需要启用 JavaScript：它会打开一条事件流并显示收到的消息。";
        pages: "Pages", "页面导航";
        listen: "Listen", "收听";
        admin: "Admin", "管理";
        jobs: "Jobs", "任务";
        docs: "Docs", "文档";
        try_it: "Try it", "快速上手";
        other_language: "中文", "English";
        what_this_is: "Tidings {version}, a self-hosted push server.", "Tidings {version}，自托管的消息推送服务器。";
        no_answer: "The server does not answer.", "服务器没有响应。";
        not_understood: "The server's answer is not understood: {why}", "无法理解服务器的响应：{why}";
    }
}

words! {
    /// How a stream stands.
    Stream {
        connecting: "Connecting", "正在连接";
        live: "Live", "实时";
        reconnecting: "Reconnecting", "正在重连";
        offline: "Offline", "已离线";
        in_seconds: " in {n} s", "，{n} 秒后";
        next_try: ", next try in {n} s", "，{n} 秒后重试";
        try_now: "Try now", "立即重试";
        no_network: "This device has no network.", "此设备没有网络。";
        unreachable: "The server does not answer.", "服务器没有响应。";
        silent: "The connection went silent.", "连接没有任何动静。";
        ended: "The connection ended.", "连接已断开。";
        shutdown: "The server is going down, perhaps to start again.", "服务器正在关闭，可能会重新启动。";
        disconnected: "Somebody at the server closed the connection.", "服务器端有人断开了此连接。";
        token_expired: "The token has expired.", "令牌已过期。";
        status: "The server answers with status {status}.", "服务器返回状态码 {status}。";
    }
}

words! {
    /// The button that copies.
    Copying {
        copy: "Copy", "复制";
        copied: "Copied", "已复制";
        not_allowed: "Not allowed", "不允许复制";
    }
}

words! {
    /// An address that leads nowhere.
    Missing {
        title: "Nothing here", "页面不存在";
        heading: "There is nothing here", "这里什么也没有";
        about: "The address may have a slip of the pen.", "地址可能有误。";
        back: "Go to the first page", "回到首页";
    }
}

words! {
    /// What keys do.
    Keys {
        title: "Keyboard", "键盘快捷键";
        search: "Search", "搜索";
        this: "Show this", "显示此帮助";
        close: "Close what is open", "关闭当前弹出内容";
    }
}
