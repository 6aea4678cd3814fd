//! What *Overview* says.

texts! {
    /// How the node is.
    Overview {
        clients: "Clients", "客户端";
        connections: "Connections", "连接";
        pushes: "Pushes per second", "每秒推送数";
        deliveries: "Deliveries per second", "每秒投递数";
        lag: "Delivery latency", "投递延迟";
        median: "median", "中位数";
        slowest: "99th percentile", "第 99 百分位";
        memory: "Memory", "内存";
        node: "Node", "节点";
        version: "Version", "版本";
        uptime: "Uptime", "运行时间";
        log: "Log size on disk", "日志占用空间";
        log_messages: "Messages in the log", "日志中的消息数";
        topics: "Subscriptions", "订阅数";
        damaged: "The log is damaged. Stop the server and run `tidings check`. Then restore a backup, or go on without what is lost.",
            "日志已损坏。请停止服务器并运行 `tidings check`，然后恢复备份，或放弃丢失的内容继续运行。";
        damaged_range: "The messages {from} to {to} can't be read.", "消息 {from} 至 {to} 无法读取。";
        waiting: "The first values appear in a few seconds.", "首批数据将在几秒后显示。";
        as_table: "Show as a table", "以表格显示";
        time: "Time", "时间";
        samples: "One row for every five minutes, from {n} sample.|One row for every five minutes, from {n} samples.",
            "每五分钟一行，共 {n} 个采样。";
    }
}
