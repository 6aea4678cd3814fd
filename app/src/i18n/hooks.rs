//! Texts of the section *Webhooks*.

texts! {
    /// The webhooks.
    Hooks {
        list: "Webhooks", "Webhook";
        loading: "Loading…", "正在加载…";
        none: "No webhooks yet. A back end that wants to know what happens needs one.", "还没有 Webhook。需要了解服务器动态的后端可以创建一个。";
        active: "active", "正常";
        failing: "failing", "投递失败";
        paused: "paused", "已暂停";
        waiting: "Waiting", "等待投递";
        lost: "Lost", "已丢失";
        made: "Created", "创建时间";
        next_attempt: "Next attempt", "下次尝试";
        events: "Events", "事件";
        only: "Only", "仅限";
        public_key: "Public key", "公钥";
        previous_until: "The secret before the last rotation signs too until {clock}.", "上次轮换之前的签名密钥在 {clock} 之前仍会一起签名。";
        test: "Send test event", "发送测试事件";
        pause: "Pause", "暂停";
        resume: "Resume", "恢复";
        rotate: "Rotate secret", "轮换签名密钥";
        rotate_about: "The webhook gets a new secret. The old one signs too for one more day.", "此 Webhook 将更换签名密钥，旧密钥还会一起签名一天。";
        delete: "Delete", "删除";
        delete_about: "Nothing more is sent to it.", "不会再向它发送任何内容。";
        deliveries: "Deliveries", "投递记录";
        no_deliveries: "Nothing was sent yet.", "尚未发送任何内容。";
        replay: "Send the last hour again", "重发最近一小时的事件";
        send: "Send again", "重发";
        taken: "Taken: status {status}, {ms} ms.", "已接收：状态 {status}，{ms} 毫秒。";
        refused: "Not taken: {why}.", "未被接收：{why}。";
        attempts: "{n} attempt|{n} attempts", "尝试 {n} 次";
        new: "New webhook", "新建 Webhook";
        about: "Your back end is told what happens, by signed requests (Standard Webhooks).", "服务器会用带签名的请求（Standard Webhooks）通知您的后端。";
        url: "URL", "URL";
        clients: "Clients", "客户端";
        clients_hint: "Ids or id prefixes such as shop:*, separated by spaces", "客户端 ID，或 shop:* 这样的前缀，用空格分隔";
        topics: "Topics", "主题";
        topics_hint: "Topics or patterns such as orders/**, separated by spaces", "主题，或 orders/** 这样的模式，用空格分隔";
        create: "Create webhook", "创建 Webhook";
        once: "Copy the secret of {url} now: it is not shown again.", "请立即复制 {url} 的签名密钥：它不会再次显示。";
        the_secret: "the secret", "签名密钥";
        deleted: "{url} is deleted.", "{url} 已删除。";
    }
}
