//! What *Overview* says.

words! {
    /// How the node is.
    Overview {
        clients: "Clients", "客户端";
        connections: "Connections", "连接";
        pushes: "Pushes per second", "每秒推送";
        deliveries: "Deliveries per second", "每秒投递";
        lag: "Lag", "延迟";
        median: "median", "中位数";
        slowest: "slowest 1%", "最慢 1%";
        memory: "Memory", "内存";
        node: "Node", "节点";
        version: "Version", "版本";
        uptime: "Up for", "已运行";
        log: "Log on disk", "日志占用";
        log_messages: "Messages in the log", "日志中的消息";
        topics: "Subscriptions", "订阅";
        waiting: "The first figures come in a few seconds.", "首批数据几秒后到达。";
        as_table: "As a table", "以表格显示";
        time: "Time", "时间";
        samples: "Every five minutes, of {n} sample.|Every five minutes, of {n} samples.", "每五分钟一行，共 {n} 个采样。";
    }
}
