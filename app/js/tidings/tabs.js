// Tabs that share one connection. One of them is the leader: it holds the lock, has the connection, and forwards
// events. The others wait for the lock. The browser passes it on when the leader closes. The others steal it when
// the leader stops sending, for example because the browser froze it.

/** Milliseconds after the leader's own deadline after which it counts as gone. */
const SLACK = 5_000
/** Milliseconds in which the tabs send their subscriptions before a new leader connects. */
const COLLECT_TIME = 50

/**
 * What a tab wants from the leader.
 * @typedef {object} Wish
 * @property {string[]} topics
 * @property {string} place position up to which the tab has received everything
 */

/**
 * @param {string} name the name of the lock and of the channel
 * @param {object} what
 * @param {() => Wish} what.wish returns what this tab wants now
 * @param {(wishes: Wish[]) => void} what.lead called when this tab leads, or when the wishes of the others change
 * @param {() => void} what.follow called when this tab stops leading
 * @param {(said: any) => void} what.receive called with what the leader forwards
 * @param {() => { said: any, patience: number }} what.currentState returns the current state for a tab that joins
 * @param {() => void} what.retry called when another tab asks for an immediate retry
 */
export const shareTabs = (name, { wish, lead, follow, receive, currentState, retry }) => {
  const me = Math.random()
  /** The wishes of the other tabs. @type {Map<number, Wish>} */
  const wishes = new Map()
  let channel, request, release, timer

  const post = said => channel?.postMessage(said)

  /** Time until which the leader counts as alive. */
  const expectLeader = milliseconds => {
    clearTimeout(timer)
    timer = setTimeout(() => waitForLock({ steal: true }), milliseconds + SLACK)
  }

  /** Sends the wish of this tab to the leader, or applies it when this tab leads. */
  const ask = () => release ? soon() : post({ from: me, wish: wish() })

  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => lead([wish(), ...wishes.values()]), COLLECT_TIME)
  }

  const waitForLock = options => {
    const mine = (request = new AbortController())
    const lock = navigator.locks.request(name, options ?? { signal: mine.signal }, () => {
      if (mine != request) return
      wishes.clear()
      post({ who: true })
      soon()
      return new Promise(done => release = done)
    })
    // Fails when another tab stole the lock, or when this tab stopped waiting for it.
    lock.catch(error => {
      if (mine != request) return
      // A sandboxed frame has no locks.
      if (error.name != 'AbortError') return lead([wish()])
      release = undefined
      follow()
      waitForLock()
      expectLeader(0)
      ask()
    })
  }

  const onMessage = ({ data: { from, wish: wished, who, bye, to, retry: now, said, patience } }) => {
    if (release) {
      if (from && wished) {
        wishes.set(from, wished)
        post({ to: from, ...currentState() })
        soon()
      }
      if (bye && wishes.delete(from)) soon()
      if (now) retry()
      return
    }
    if (who) ask()
    if (said && (!to || to == me)) {
      expectLeader(patience)
      receive(said)
    }
  }

  return {
    join() {
      channel = new BroadcastChannel(name)
      channel.onmessage = onMessage
      waitForLock()
      ask()
      expectLeader(0)
    },
    leave() {
      if (!channel) return
      clearTimeout(timer)
      post({ from: me, bye: true })
      request.abort()
      request = undefined
      release?.()
      release = undefined
      channel.close()
      channel = undefined
    },
    ask,
    retry: () => release ? retry() : post({ retry: true }),
    /** Forwards an event to the other tabs. */
    pass: (said, patience) => release && post({ said, patience })
  }
}
