/** Holds back the 180 Ringing of one INVITE until it may go out. JsSIP writes it right after its `newRTCSession` event. */

export interface Repliable {
  reply: (code: number, ...rest: never[]) => void
}

export interface HeldRing {
  /** Ring now, or as soon as JsSIP has its 180 ready; later calls do nothing. */
  release: () => void
  /** The call is over: nothing may ring any more. */
  drop: () => void
}

export function holdRinging(request: Repliable, rings: () => void, atLatestMs: number): HeldRing {
  const reply = request.reply.bind(request)
  let waiting: (() => void) | null = null
  let allowed = false
  let done = false

  function go(): void {
    if (done || waiting === null) return
    done = true
    clearTimeout(timer)
    waiting()
    rings()
  }
  function release(): void {
    allowed = true
    go()
  }
  request.reply = (code, ...rest) => {
    if (code !== 180) return reply(code, ...rest)
    waiting = () => reply(code, ...rest)
    if (allowed) go()
  }
  const timer = setTimeout(release, atLatestMs)
  return {
    release,
    drop: () => {
      done = true
      clearTimeout(timer)
    },
  }
}
