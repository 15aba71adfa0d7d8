/**
 * The ids of Heap's own script, where it is on the page too, so that our events land in the same session. heap-api 8.2 and 8.5.
 * @module
 */

/** What Heap's script knows of the visitor; digits. */
export interface HeapIds {
  user_id: string
  session_id?: string
}

/** A session ends after so long without an event, in ms. */
export const SESSION_MS = 1_800_000

type Id = string | number | null | undefined

/** As much of the API of Heap's script as is needed. */
export interface HeapScript {
  loaded?: boolean
  getUserId?(): Id
  getSessionId?(): Id
}

const ids = (user: Id, session: Id | false): HeapIds | false =>
  /^\d{1,16}$/.test(user as string) && { user_id: `${user}`, ...(session && { session_id: `${session}` }) }

/** Nothing before the script has loaded; of the classic one there are only cookies. */
export function idsOfScript(heap: HeapScript | undefined): HeapIds | false | undefined {
  try {
    return heap?.loaded && ids(heap.getUserId?.(), heap.getSessionId?.())
  } catch {}
}

/**
 * From the cookies that the script keeps: `_hp5_meta.<env id>`, or the classic `_hp2_id.<app id>`. A session that is over does not count.
 *
 * @param appId of any environment where it is empty
 * @param now milliseconds since 1970
 * @throws whatever, where there is none, or where it is compressed
 */
export function idsOfCookies(cookies: string, appId: string, now: number): HeapIds | false {
  const [, json] = cookies.match(`_hp(?:5_meta|2_id)\\.${appId || '\\d+'}=([^;]+)`) as unknown as [string, string]
  const { userId, sessionId, lastEventTime = now } = JSON.parse(decodeURIComponent(json))
  return ids(userId, now - lastEventTime < SESSION_MS && sessionId)
}
