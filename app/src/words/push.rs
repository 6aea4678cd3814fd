//! What *Push* says.

words! {
    /// The form that pushes, and what came of it.
    Push {
        title: "Message", "消息";
        to: "To", "发给";
        one: "One client", "一个客户端";
        several: "Several", "多个";
        topic: "A topic", "主题";
        everyone: "Everyone", "所有人";
        client_id: "Client id", "客户端 ID";
        client_ids: "Client ids", "客户端 ID 列表";
        several_hint: "One a line, or with commas between them", "每行一个，或用逗号分隔";
        topic_name: "Topic", "主题";
        everyone_hint: "Every connection there is.", "当前的每一个连接。";
        event: "Event type ", "事件类型 ";
        optional: "optional", "可选";
        event_hint: "Pages hear a type only where they listen for it by name. Without one it is onmessage.",
            "页面只会收到它按名称监听的类型；不填则触发 onmessage。";
        data: "Data", "数据";
        kind: "Kind of data", "数据类型";
        text: "Text", "文本";
        valid: "Valid JSON", "JSON 有效";
        mistake: "Line {line}, column {column}: {what}", "第 {line} 行第 {column} 列：不是有效的 JSON（{what}）";
        ttl: "Seconds to wait ", "等待秒数 ";
        ttl_hint: "For who is away. 0: only who is connected now. Nothing: as long as messages are kept.",
            "为离线者保留多久。0：只发给当前在线者；不填：与消息保留期相同。";
        require_online: "Only if somebody is connected now", "仅在有人在线时推送";
        need_client: "Name a client.", "请填写一个客户端。";
        need_clients: "Name some clients.", "请填写一些客户端。";
        need_topic: "Name a topic.", "请填写主题。";
        need_seconds: "Type whole seconds, or nothing.", "请填写整数秒，或留空。";
        need_json: "Type a JSON value.", "请填写一个 JSON 值。";
        need_text: "Type a text.", "请填写文本。";
        push: "Push", "推送";
        reaches_nobody: "Reaches nobody who is connected now.", "当前无人在线可达。";
        reaches: "Reaches {clients} on {connections} now.", "当前可达 {clients}，共 {connections}。";
        clients: "{n} client|{n} clients", "{n} 个客户端";
        connections: "{n} connection|{n} connections", "{n} 个连接";
        everyone_ask: "Push to everyone who is connected: {clients} on {connections}?",
            "确定推送给所有在线者吗？共 {clients}、{connections}。";
        everyone_do: "Push to {n} client|Push to {n} clients", "推送给 {n} 个客户端";
        keep: "Not yet", "暂不";
        no_one: "Nobody is connected. It reached no one.", "无人在线，没有送达任何人。";
        waits_one: "Nobody is connected. It waits for the client.", "客户端不在线，消息将等待它上线。";
        waits_some: "Nobody is connected. It waits for the clients.", "这些客户端都不在线，消息将等待它们上线。";
        kept: "Nobody is connected. It is kept for who comes back.", "无人在线，消息为再次上线者保留。";
        reached: "Reached {n} connection now.|Reached {n} connections now.", "已送达 {n} 个连接。";
    }
}

words! {
    /// Who a push would reach.
    Preview {
        title: "Who it reaches", "将送达谁";
        nobody_named: "Name an audience, and see here who that is.", "选择受众后，这里会显示具体是谁。";
        online: "online", "在线";
        away: "away", "离线";
        unknown: "never here", "从未上线";
        more: "and {n} more", "另有 {n} 个";
    }
}

words! {
    /// What came of the last push.
    Outcome {
        title: "Delivery", "投递情况";
        take_back: "Take back", "撤回";
        taken_back: "Taken back.", "已撤回。";
        in_history: "In the history", "在历史中查看";
        as_job: "Follow it", "跟踪进度";
    }
}

words! {
    /// Pushes that are kept to be pushed again.
    Templates {
        title: "Templates", "模板";
        about: "Kept in this browser.", "保存在此浏览器中。";
        name: "Name of the template", "模板名称";
        save: "Save", "保存";
        load: "Load {name}", "载入 {name}";
        delete: "Delete {name}", "删除 {name}";
        deleted: "Deleted {name}.", "已删除 {name}。";
        undo: "Undo", "撤销";
        none: "Save what you push often, and have it here.", "把常用的推送存为模板，之后可在此直接使用。";
    }
}
