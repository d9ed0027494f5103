/** Audio quality of a call from the browser's own counters. `read` asks, `grade` judges (pure). */

export interface Counters {
  sent: number
  received: number
  lost: number
  jitterMs: number
}

export type Grade = 'unknown' | 'good' | 'fair' | 'bad'

export async function read(connection: RTCPeerConnection): Promise<Counters> {
  const counters: Counters = { sent: 0, received: 0, lost: 0, jitterMs: 0 }
  const report = await connection.getStats()
  report.forEach((entry: Record<string, unknown>) => {
    if (entry.type === 'outbound-rtp' && entry.kind === 'audio') counters.sent += Number(entry.packetsSent ?? 0)
    if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
      counters.received += Number(entry.packetsReceived ?? 0)
      counters.lost += Number(entry.packetsLost ?? 0)
      counters.jitterMs = Math.max(counters.jitterMs, 1000 * Number(entry.jitter ?? 0))
    }
  })
  return counters
}

/** What the packets between two readings say. No packet received where some were due is bad. */
export function grade(before: Counters | null, after: Counters): Grade {
  if (before === null) return 'unknown'
  const received = after.received - before.received
  const lost = Math.max(0, after.lost - before.lost)
  if (received === 0) return 'bad'
  const loss = lost / (lost + received)
  if (loss > 0.05 || after.jitterMs > 60) return 'bad'
  return loss > 0.01 || after.jitterMs > 30 ? 'fair' : 'good'
}
