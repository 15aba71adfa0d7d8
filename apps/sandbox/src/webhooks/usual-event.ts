/**
 * An event webhook to begin with. Heap has no fixed shape for it: each customer chooses the fields.
 * @module
 */

/** A form was submitted now, by somebody whose e-mail address is not known. */
export function usualEvent(event = 'Submit search form') {
  return {
    event,
    time: new Date().toISOString(),
    user: { identity: 'alice@example.com', user_id: '5954094055083999', email: '' },
    location: { country: 'Germany', region: 'Berlin', city: 'Berlin' },
  }
}
