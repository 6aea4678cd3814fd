//! Texts of the sections *Limits* and *Roles*.

texts! {
    /// How often callers may do something.
    Limits {
        about: "What this node allows, and how often it has refused something since its start. The settings say how much.",
            "此节点允许的用量，以及启动以来因超出限制而拒绝的次数。限额在配置中设置。";
        opens: "Streams that one address opens", "一个地址打开的流";
        opens_of_client: "Streams that one client opens", "一个客户端打开的流";
        streams: "Open streams of one address", "一个地址同时打开的流";
        pushes: "Messages that one caller pushes", "一个调用方推送的消息";
        push_bytes: "Bytes that one caller pushes", "一个调用方推送的字节数";
        failures: "Wrong tokens of one address", "一个地址发送的错误令牌";
        pushes_per_day: "Messages that one key pushes on a day", "一个密钥每天推送的消息";
        own: "each key has its own", "每个密钥各自设置";
        any: "no limit", "不限";
        at_once: "{n} at the same time", "同时最多 {n}";
        a_second: "{n} a second", "每秒 {n}";
        a_minute: "{n} a minute", "每分钟 {n}";
        refused: "refused {n} time|refused {n} times", "已拒绝 {n} 次";
    }
}

texts! {
    /// What keys and people can be given.
    Roles {
        about: "What a key or a person with this role may do, and to which clients and topics. Roles of your own are tables {table} of the settings file.",
            "拥有该角色的密钥或人员可以执行的操作，以及可以操作的客户端和主题。自定义角色是配置文件中的 {table} 表。";
    }
}
