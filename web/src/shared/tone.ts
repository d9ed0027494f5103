/** Ring tone made in the browser: two notes twice, then a pause; another pitch for each queue, so that ears know which one it is. */

let context: AudioContext | null = null
let playing: { stop: () => void } | null = null

export const volume = {
  get: (): number => Number(localStorage.getItem('ring-volume') ?? 0.5),
  set: (value: number): void => localStorage.setItem('ring-volume', String(value)),
}

function basePitch(queue: string): number {
  const sum = [...queue].reduce((total, letter) => total + letter.charCodeAt(0), 0)
  return [587, 659, 698, 784][sum % 4] ?? 587
}

function note(audio: AudioContext, out: AudioNode, pitch: number, at: number): void {
  const source = audio.createOscillator()
  const envelope = audio.createGain()
  source.frequency.value = pitch
  envelope.gain.setValueAtTime(0, at)
  envelope.gain.linearRampToValueAtTime(1, at + 0.02)
  envelope.gain.exponentialRampToValueAtTime(0.01, at + 0.28)
  source.connect(envelope).connect(out)
  source.start(at)
  source.stop(at + 0.3)
}

function once(queue: string): void {
  context ??= new AudioContext()
  void context.resume()
  const out = context.createGain()
  out.gain.value = volume.get() * 0.6
  out.connect(context.destination)
  const pitch = basePitch(queue)
  const from = context.currentTime + 0.02
  ;[0, 0.22, 0.6, 0.82].forEach((offset, index) => note(context as AudioContext, out, index % 2 === 0 ? pitch : pitch * 1.25, from + offset))
}

export function startRinging(queue: string): void {
  stopRinging()
  once(queue)
  const timer = setInterval(() => once(queue), 2600)
  playing = { stop: () => clearInterval(timer) }
}

export function stopRinging(): void {
  playing?.stop()
  playing = null
}

export function testTone(): void {
  once('test')
}
