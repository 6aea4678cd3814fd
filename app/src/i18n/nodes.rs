//! What *Nodes* says.

texts! {
    /// The nodes of the cluster and the stream that they share.
    Nodes {
        ready_of: "{ready} of {n} node is ready|{ready} of {n} nodes are ready", "{n} 个节点中有 {ready} 个就绪";
        alone: "This server runs alone.", "此服务器独立运行。";
        alone_about: "Several servers can share their messages as a cluster, so that one of them may fail.",
            "多台服务器可以组成集群并共享消息，其中一台发生故障时服务不会中断。";
        guide: "How to start a cluster", "如何搭建集群";
        ready: "ready", "就绪";
        not_ready: "not ready", "未就绪";
        draining: "shutting down", "正在停机";
        gone: "gone", "已离线";
        janitor: "janitor", "维护节点";
        last_heard: "It was last heard of {span} ago.", "最后一次收到它的消息是在 {span} 前。";
        clients: "Clients", "客户端";
        connections: "Connections", "连接";
        lag: "Records behind", "落后的记录数";
        uptime: "Uptime", "运行时间";
        version: "Version", "版本";
        address: "Address", "地址";
        stream: "Stream", "消息流";
        state: "State", "状态";
        reachable: "reachable", "可访问";
        unreachable: "not reachable", "无法访问";
        leader: "Leader", "主节点";
        copies: "Copies", "副本数";
        server: "Connected to", "已连接到";
        last: "Newest record", "最新记录";
        seen_by: "Seen by", "数据来自";
        missing: "Node {names} has not answered. Its connections are not counted.|Nodes {names} have not answered. Their connections are not counted.",
            "节点 {names} 没有应答，它的连接未计入。";
        missing_push: "Node {names} has not answered in time. It delivers the message, but its connections are not counted.|Nodes {names} have not answered in time. They deliver the message, but their connections are not counted.",
            "节点 {names} 未及时应答。它会投递消息，但它的连接未计入。";
    }
}
