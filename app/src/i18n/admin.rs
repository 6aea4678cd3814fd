//! Texts of the frame of the panel and of the sign-in form.

texts! {
    /// The way into the panel.
    SignIn {
        title: "Sign in", "登录";
        about: "The admin panel shows what this server delivers, and can push to every client.",
            "管理面板显示此服务器投递的消息，并可以向所有客户端推送。";
        token: "Admin token or API key", "管理令牌或 API 密钥";
        name: "Name", "用户名";
        password: "Password", "密码";
        code: "Code from your app", "验证器应用中的验证码";
        use_token: "Use a token instead", "改用令牌登录";
        use_password: "Use name and password instead", "改用用户名和密码登录";
        sign_in: "Sign in", "登录";
        at_issuer: "Sign in with {name}", "使用 {name} 登录";
        sign_out: "Sign out", "退出登录";
        no_token: "This server has no admin token. The admin panel is available only from the server's own machine.",
            "此服务器没有设置管理令牌，管理面板只能在服务器本机上使用。";
        start_with: "To sign in from another machine, start the server with {flag}.",
            "如需从其他机器登录，请在启动服务器时加上 {flag}。";
    }
}

texts! {
    /// The frame of the panel.
    Panel {
        settings: "Settings", "设置";
        more: "More", "更多";
        section_nav: "Sections of the admin panel", "管理面板导航";
        overview: "Overview", "概览";
        clients: "Clients", "客户端";
        messages: "Messages", "消息";
        tail: "Live tail", "实时消息";
        about_tail: "Everything that is pushed, as it happens.", "正在推送的所有消息。";
        push: "Push", "推送";
        scheduled: "Scheduled", "定时";
        nodes: "Nodes", "节点";
        keys: "Keys", "密钥";
        client: "Client", "客户端详情";
        hooks: "Webhooks", "Webhook";
        people: "People", "人员";
        roles: "Roles", "角色";
        limits: "Limits", "限制";
        audit: "Audit", "审计";
        account: "Account", "账户";
        about_overview: "The state of this node, now and over time.",
            "此节点当前的状态及其随时间的变化。";
        about_clients: "Clients that are connected, and clients that were connected before.",
            "当前在线的客户端，以及曾经连接过的客户端。";
        about_messages: "Pushed messages and their delivery state.", "已推送的消息及其投递状态。";
        about_push: "Send a message to one client, several clients, a topic, or everyone.",
            "向一个客户端、多个客户端、一个主题或所有人发送消息。";
        about_scheduled: "Messages that will be pushed later.", "将在之后推送的消息。";
        about_nodes: "The servers of this cluster, and the stream that they share.", "此集群中的服务器，以及它们共享的消息流。";
        about_audit: "Who did what, to whom, and from where.", "谁在何处对谁执行了什么操作。";
        about_keys: "What programs and people may do.", "程序和人员可以执行的操作。";
        about_client: "All that is known of one client.", "一个客户端的全部信息。";
        about_hooks: "Back ends that are told what happens.", "会收到事件通知的后端。";
        about_people: "Who signs in with a name and a password.", "使用用户名和密码登录的人员。";
        about_roles: "What keys and people can be given.", "可以授予密钥和人员的权限。";
        about_limits: "How often callers may do something.", "调用方可以执行操作的频率。";
        about_account: "Your password, and where you are signed in.", "您的密码，以及您的登录位置。";
        try_again: "Try again", "重试";
    }
}
