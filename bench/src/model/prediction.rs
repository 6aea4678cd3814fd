//! What a cluster uses for a load, computed from the costs of single steps.

use super::costs::Costs;

/// The load of a whole cluster, per second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demand {
    pub nodes: f64,
    /// Streams, evenly spread over the nodes.
    pub streams: f64,
    pub requests: f64,
    /// Pushes in these requests.
    pub pushes: f64,
    /// Deliveries of messages to one client, and of messages to all.
    pub direct: f64,
    pub broad: f64,
    /// Rows of positions of clients.
    pub rows: f64,
}

/// Processor time of one node, in seconds per second.
#[derive(Clone, Copy, Debug)]
pub struct NodeCpu {
    /// For applying all pushes.
    pub pushes: f64,
    /// For applying all positions.
    pub positions: f64,
    /// For its own requests, its own clients, and its idle time.
    pub own: f64,
}

impl NodeCpu {
    /// Of everything.
    pub fn total(self) -> f64 {
        self.pushes + self.positions + self.own
    }
}

impl Costs {
    /// One node.
    pub fn node_cpu(&self, demand: &Demand) -> NodeCpu {
        let share = 1.0 / demand.nodes;
        let requests = demand.requests * self.request + demand.pushes * self.taken;
        let clients = demand.direct * self.direct
            + demand.broad * self.delivery
            + demand.streams * self.idle_stream;
        NodeCpu {
            pushes: self.records(demand) * self.record + demand.pushes * self.push,
            positions: demand.rows * self.row,
            own: (requests + clients) * share + self.idle_node,
        }
    }

    /// The memory of one node in bytes.
    pub fn node_memory(&self, demand: &Demand) -> f64 {
        let own = demand.streams / demand.nodes;
        let foreign = demand.streams - own;
        self.node_memory + own * self.stream_memory + foreign * self.foreign_memory
    }

    /// Processor time of all nats-servers, in seconds per second.
    pub fn nats_cpu(&self, demand: &Demand) -> f64 {
        let nats = &self.nats;
        let record = nats.record + demand.nodes * nats.record_follower;
        let push = nats.push + demand.nodes * nats.push_follower;
        nats.idle + self.records(demand) * record + demand.pushes * push
    }

    /// Bytes per second that leave the nats-servers: to each node, and to the two servers with further copies.
    pub fn nats_bytes(&self, demand: &Demand) -> f64 {
        let nats = &self.nats;
        let stored = self.records(demand) * nats.record_bytes + demand.pushes * nats.push_bytes;
        (demand.nodes + 2.0) * stored
    }

    /// Records per second: one for each request, until each node publishes one after the other. Then they grow.
    fn records(&self, demand: &Demand) -> f64 {
        let most = demand.nodes * self.records_per_second;
        demand.requests.min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_applies_everything_and_serves_its_share() {
        let costs = Costs {
            record: 0.001,
            push: 0.000_01,
            request: 0.000_02,
            row: 0.000_005,
            delivery: 0.000_006,
            idle_node: 0.002,
            records_per_second: 10.0,
            ..Costs::default()
        };
        let demand = Demand {
            nodes: 4.0,
            requests: 1_000.0,
            pushes: 1_000.0,
            broad: 20_000.0,
            rows: 1_000.0,
            ..Demand::default()
        };
        let cpu = costs.node_cpu(&demand);
        // 40 records per second, although there are 1,000 requests.
        assert!((cpu.pushes - 0.05).abs() < 1e-9);
        assert!((cpu.positions - 0.005).abs() < 1e-9);
        assert!((cpu.own - (0.005 + 0.03 + 0.002)).abs() < 1e-9);
    }

    #[test]
    fn a_node_knows_the_clients_of_the_others() {
        let costs = Costs {
            node_memory: 1_000.0,
            stream_memory: 100.0,
            foreign_memory: 10.0,
            ..Costs::default()
        };
        let demand = Demand {
            nodes: 3.0,
            streams: 30.0,
            ..Demand::default()
        };
        assert_eq!(costs.node_memory(&demand), 1_000.0 + 1_000.0 + 200.0);
    }
}
