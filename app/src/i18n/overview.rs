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
        waiting: "The first values appear in a few seconds.", "首批数据将在几秒后显示。";
        as_table: "Show as a table", "以表格显示";
        time: "Time", "时间";
        samples: "One row for every {span}, from {n} sample.|One row for every {span}, from {n} samples.",
            "每 {span} 一行，共 {n} 个采样。";
        range: "Range of time", "时间范围";
        quarter: "15 min", "15 分钟";
        hour: "1 hour", "1 小时";
        day: "24 hours", "24 小时";
        week: "7 days", "7 天";
        marks: "What happened", "发生的事件";
        mark_started: "The server was started, version {version}.", "服务器启动，版本 {version}。";
        mark_damaged: "The log was found damaged.", "发现日志损坏。";
        mark_disk_full: "The disk was full, and pushes were refused.", "磁盘已满，推送被拒绝。";
        mark_slow: "The storage was slow: a commit took {ms} ms.", "存储缓慢：一次提交耗时 {ms} 毫秒。";
        mark_gaps: "{n} stream was told of a gap.|Streams were told of {n} gaps.", "向数据流通知了 {n} 个缺口。";
        fine: "Everything is fine.", "一切正常。";
        look: "Look", "查看";
        not_ready: "This node takes no new streams.", "此节点不接受新的数据流。";
        disk_full: "The disk is full, and pushes are refused.", "磁盘已满，推送被拒绝。";
        disk_low: "The disk is nearly full: {size} are free.", "磁盘空间即将耗尽：剩余 {size}。";
        damaged: "The log is damaged.", "日志已损坏。";
        descriptors_low: "{n}% of the file descriptors are open.", "文件描述符已使用 {n}%。";
        nodes_missing: "{n} node is gone or not ready.|{n} nodes are gone or not ready.", "{n} 个节点离线或未就绪。";
        cluster_weak: "The cluster works, but could lose messages.", "集群运行正常，但可能丢失消息。";
        certificate: "The certificate could not be renewed.", "证书无法续期。";
        issuer: "The keys of the token issuer can't be read.", "无法读取令牌颁发者的密钥。";
        slow_storage: "The storage is slow: a commit takes {n} ms.", "存储缓慢：一次提交耗时 {n} 毫秒。";
        pushes_limited: "Limits refused {n} push in the last ten minutes.|Limits refused {n} pushes in the last ten minutes.",
            "最近十分钟内有 {n} 次推送因限制被拒绝。";
        streams_limited: "Limits refused {n} stream in the last ten minutes.|Limits refused {n} streams in the last ten minutes.",
            "最近十分钟内有 {n} 个数据流因限制被拒绝。";
        slow_readers: "Slow readers: {n} time in the last ten minutes, a stream went on from the log.|Slow readers: {n} times in the last ten minutes, a stream went on from the log.",
            "读取缓慢：最近十分钟内有 {n} 次数据流改为从日志继续。";
        hooks_failing: "{n} webhook does not take what is delivered.|{n} webhooks do not take what is delivered.",
            "{n} 个 Webhook 未接收投递。";
        hooks_paused: "{n} webhook is paused.|{n} webhooks are paused.", "{n} 个 Webhook 已暂停。";
        settings_refused: "The settings that were read last are wrong. The old ones still hold.",
            "最近读取的设置有误，仍在使用旧设置。";
        map: "Map of topics", "主题地图";
        map_about: "The larger, the more subscribers; the stronger the colour, the more pushes.",
            "面积越大，订阅者越多；颜色越深，推送越多。";
        no_topics: "Nobody subscribes to a topic now.", "当前没有人订阅主题。";
        other_topics: "{n} other topic|{n} other topics", "其他 {n} 个主题";
        subscribers: "{n} subscriber|{n} subscribers", "{n} 个订阅者";
        per_minute: "{rate} pushes per minute", "每分钟 {rate} 次推送";
        quiet: "no pushes", "无推送";
        busy: "100 per minute", "每分钟 100 次";
        topics_as_table: "Show the topics as a table", "以表格显示主题";
        topic: "Topic", "主题";
        pushes_per_minute: "Pushes per minute", "每分钟推送数";
        top_topics: "Busiest topics", "最繁忙的主题";
        top_clients: "Busiest clients", "最繁忙的客户端";
        top_closes: "Why streams have ended", "数据流结束的原因";
        top_errors: "Refused requests", "被拒绝的请求";
        name: "Name", "名称";
        count_deliveries: "Deliveries", "投递数";
        count_streams: "Streams", "数据流数";
        count_requests: "Requests", "请求数";
        none_yet: "None yet.", "暂无。";
        counted: "Topics and clients: the last five to ten minutes of this node. Streams and requests: since its start.",
            "主题与客户端：此节点最近五到十分钟。数据流与请求：自其启动以来。";
    }
}
