//! Texts of the section *Keys*.

texts! {
    /// The API keys.
    ApiKeys {
        list: "API keys", "API 密钥";
        loading: "Loading…", "正在加载…";
        none: "No keys yet. Programs that push need one.", "还没有密钥。推送消息的程序需要一个密钥。";
        older: "Show older keys", "显示更早的密钥";
        own_permissions: "own permissions", "自定义权限";
        unrestricted: "all clients and topics", "所有客户端和主题";
        everyone: "everyone", "所有人";
        made: "Created", "创建时间";
        last_used: "Last used", "上次使用";
        never: "never", "从未";
        used_from: "{ago}, from {address}", "{ago}，来自 {address}";
        ends: "Ends", "到期时间";
        ended: "ended {ago}", "{ago}已到期";
        previous_until: "The text before the last rotation is good until {clock}.", "上次轮换之前的密钥在 {clock} 之前仍然有效。";
        rotate: "Rotate", "轮换";
        rotate_ask: "The key gets a new text. The old text is good for one more day.", "密钥将更换为新的文本，旧文本还有一天有效。";
        revoke: "Revoke", "吊销";
        revoke_ask: "Programs that use this key are refused at once, and its streams are closed.", "使用此密钥的程序会立即被拒绝，它的流也会被关闭。";
        new: "New key", "新建密钥";
        new_about: "A program sends it as {header}.", "程序以 {header} 的形式发送密钥。";
        name: "Name", "名称";
        role: "Role", "角色";
        clients: "Clients", "客户端";
        clients_hint: "Ids or id prefixes such as shop:*, separated by spaces", "客户端 ID，或 shop:* 这样的前缀，用空格分隔";
        topics: "Topics", "主题";
        topics_hint: "Topics or patterns such as orders/**, separated by spaces", "主题，或 orders/** 这样的模式，用空格分隔";
        optional: "optional", "可选";
        lifetime: "Ends after", "有效期";
        days: "{n} day|{n} days", "{n} 天";
        per_day: "Pushes a day", "每日推送上限";
        per_day_hint: "A day begins at midnight UTC", "每天从 UTC 零点开始计算";
        pushes_today: "Pushes today (UTC)", "今日推送数（UTC）";
        create: "Create key", "创建密钥";
        once: "Copy the key {name} now: it is not shown again.", "请立即复制密钥 {name}：它不会再次显示。";
        the_key: "the key", "密钥";
        done: "Done", "完成";
        no_admin_token: "Keys need an admin token: start the server with {flag}.", "使用密钥需要设置管理令牌：启动服务器时请加上 {flag}。";
        test: "What may this key do?", "这个密钥可以做什么？";
        revoked: "{name} is revoked.", "{name} 已吊销。";
    }
}
