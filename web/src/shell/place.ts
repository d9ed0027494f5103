/** Which entry of the navigation a page belongs to. Pure. */

/** Things that stand under an entry of their own, by the first part of their address. */
const HOMES: [RegExp, string][] = [
  [/^\/admin\/(to-dos|reminders|announcements|follow-up-tasks)(\/|$)/, '/tasks'],
  [/^\/admin\/(knowledge-articles|knowledge-versions|standard-answers|knowledge-categories)(\/|$)/, '/knowledge'],
  [/^\/import\/patient(\/|$)/, '/patients'],
  [/^\/import\//, '/admin'],
]

/** The entry among `entries` that `path` lies under: its own page, one below it, or what is kept elsewhere but belongs there. '' : none. */
export function entryOf(path: string, entries: string[]): string {
  const home = HOMES.find(([pattern, entry]) => pattern.test(path) && entries.includes(entry))?.[1]
  return home ?? entries.find((entry) => path === entry || path.startsWith(`${entry}/`)) ?? ''
}
