// Tabs that share one connection. One of them leads: it holds the lock, has the connection, and passes on what
// comes. The others wait for the lock, which the browser hands over when the leader goes, and take it by force
// when the leader says nothing, as one that was frozen does.

/** Milliseconds beyond the leader's own patience after which it counts as gone. */
const SLACK = 5_000
/** Milliseconds in which the tabs say what they want before a new leader connects. */
const GATHER = 50

/**
 * What a tab wants of the leader.
 * @typedef {object} Wish
 * @property {string[]} topics
 * @property {string} place up to where it has had everything
 */

/**
 * @param {string} name of the lock and the channel
 * @param {object} what
 * @param {() => Wish} what.wish what this tab wants now
 * @param {(wishes: Wish[]) => void} what.lead this tab leads, or the others now want this
 * @param {() => void} what.follow this tab leads no longer
 * @param {(said: any) => void} what.told called with what the leader passes on
 * @param {() => { said: any, patience: number }} what.sofar what somebody who joins has to be told
 * @param {() => void} what.retry somebody does not want to wait
 */
export const shareTabs = (name, { wish, lead, follow, told, sofar, retry }) => {
  const me = Math.random()
  /** What the other tabs want. @type {Map<number, Wish>} */
  const wishes = new Map()
  let channel, request, release, timer

  const post = said => channel?.postMessage(said)

  /** The leader is trusted for so long. */
  const trust = milliseconds => {
    clearTimeout(timer)
    timer = setTimeout(() => stand({ steal: true }), milliseconds + SLACK)
  }

  /** Tells the others what this tab wants, or does it. */
  const ask = () => release ? soon() : post({ from: me, wish: wish() })

  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => lead([wish(), ...wishes.values()]), GATHER)
  }

  const stand = options => {
    const mine = (request = new AbortController())
    const held = navigator.locks.request(name, options ?? { signal: mine.signal }, () => {
      if (mine != request) return
      wishes.clear()
      post({ who: true })
      soon()
      return new Promise(done => release = done)
    })
    // It fails when another tab took the lock by force, or when this one no longer waits for it.
    held.catch(error => {
      if (mine != request) return
      // A frame without rights has no locks.
      if (error.name != 'AbortError') return lead([wish()])
      release = undefined
      follow()
      stand()
      trust(0)
      ask()
    })
  }

  const hear = ({ data: { from, wish: wished, who, bye, to, retry: now, said, patience } }) => {
    if (release) {
      if (from && wished) {
        wishes.set(from, wished)
        post({ to: from, ...sofar() })
        soon()
      }
      if (bye && wishes.delete(from)) soon()
      if (now) retry()
      return
    }
    if (who) ask()
    if (said && (!to || to == me)) {
      trust(patience)
      told(said)
    }
  }

  return {
    join() {
      channel = new BroadcastChannel(name)
      channel.onmessage = hear
      stand()
      ask()
      trust(0)
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
    /** Passes on what came. */
    pass: (said, patience) => release && post({ said, patience })
  }
}
