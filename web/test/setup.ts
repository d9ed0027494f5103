/** What modules ask of a browser when they are loaded: a place for the language. Nothing else of a browser is there in these tests. */

const kept = new Map<string, string>()

Object.defineProperty(globalThis, 'localStorage', {
  value: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) },
})
