/**
 * The users that are imported: as lines, and as the bodies that an import makes of them.
 * @module
 */
export const APP_ID = '123456789'
const PER_BODY = 1000

function line(index: number): string {
  const properties = `"plan":"pro","seats":${index % 50},"country":"DE","company":"Example GmbH"`
  return `{"identity":"user-${index}@example.com","properties":{${properties}}}`
}

/** The bodies of so many users, one by one. */
export function* bodies(users: number): Generator<Buffer> {
  for (let first = 0; first < users; first += PER_BODY) {
    const length = Math.min(PER_BODY, users - first)
    const lines = Array.from({ length }, (_, index) => line(first + index))
    yield Buffer.from(`{"app_id":"${APP_ID}","users":[${lines.join(',')}]}`)
  }
}

/** The lines of so many users, many at a time. */
export function* lines(users: number): Generator<string> {
  for (let first = 0; first < users; first += PER_BODY) {
    const length = Math.min(PER_BODY, users - first)
    yield Array.from({ length }, (_, index) => `${line(first + index)}\n`).join('')
  }
}
