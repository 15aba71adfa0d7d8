import { describe, expect, it } from 'vitest'
import { readSegment } from './segment.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const data = {
  segment: { id: 1338065, name: 'Free Customers' },
  sync_info: { page_number: 2, total_pages: 3, sync_task_id: 'afe74af0-496e-11ec-81d3-0242ac130003' },
  add: [{ id: 'user1@email.com' }],
}
const sync = { id_token: 'i', action_type: 'segment.users.sync', customer_config: { fields: [] }, data }

function read(body: unknown) {
  return readSegment(bytes(JSON.stringify(body)))
}

const page = {
  task: 'i:1338065:afe74af0-496e-11ec-81d3-0242ac130003',
  page: 2,
  total: 3,
  segment: data.segment,
  added: ['user1@email.com'],
  removed: [],
}

describe('a sync', () => {
  it.each<[string, object, object]>([
    ['as Heap sends it', sync, page],
    ['with unknown keys everywhere', { ...sync, new: 1, data: { ...data, new: [{}] } }, page],
    ['of whom there is no id_token', { ...sync, id_token: undefined }, { ...page, task: page.task.slice(1) }],
    ['with an id_token of null', { ...sync, id_token: null }, { ...page, task: page.task.slice(1) }],
    ['without customer_config', { ...sync, customer_config: undefined }, page],
    [
      'with remove alone, of numbers',
      { ...sync, data: { ...data, add: undefined, remove: [{ id: 5 }] } },
      { ...page, added: [], removed: ['5'] },
    ],
    ['with null for nobody', { ...sync, data: { ...data, remove: null } }, page],
    [
      'without those who have no value of the property',
      { ...sync, data: { ...data, add: [{ id: '' }, { id: null }, { id: 'a'.repeat(1024) }, { id: true }] } },
      { ...page, added: ['a'.repeat(1024), 'true'] },
    ],
    ['with nobody', { ...sync, data: { ...data, add: [] } }, { ...page, added: [] }],
  ])('%s is read', (_, body, read_) => {
    expect(read(body)).toEqual({ ok: true, kind: 'page', page: read_ })
  })

  const info = (changed: object) => ({ ...sync, data: { ...data, sync_info: { ...data.sync_info, ...changed } } })
  it.each<[unknown, string[]]>([
    [null, ['']],
    [[], ['']],
    [{}, ['/action_type']],
    [{ ...sync, action_type: 'segment.users.other' }, ['/action_type']],
    [{ ...sync, data: undefined }, ['/data']],
    [{ ...sync, data: { ...data, add: undefined } }, ['/data']],
    [{ ...sync, data: { ...data, segment: { id: '5', name: 5 } } }, ['/data/segment/id', '/data/segment/name']],
    [{ ...sync, data: { ...data, add: [{ id: {} }, {}, { id: 'a' }] } }, ['/data/add/0/id', '/data/add/1/id']],
    [{ ...sync, data: { ...data, remove: {} } }, ['/data/remove']],
    [{ ...sync, data: { ...data, add: null } }, ['/data']],
    [{ ...sync, data: { ...data, add: [{ id: 2 ** 53 }] } }, ['/data/add/0/id']],
    [info({ page_number: 0 }), ['/data/sync_info/page_number']],
    [info({ page_number: 4 }), ['/data/sync_info/page_number']],
    [info({ page_number: 1.5 }), ['/data/sync_info/page_number']],
    [info({ total_pages: 1e9 }), ['/data/sync_info/total_pages']],
    [info({ sync_task_id: '' }), ['/data/sync_info/sync_task_id']],
  ])('%j is wrong at %j', (body, pointers) => {
    const result = read(body)
    expect(result.ok ? [] : result.problems.map(({ pointer }) => pointer)).toEqual(pointers)
  })

  it.each([bytes(''), bytes('{'), new Uint8Array([0x22, 0xff, 0x22])])('%j is no JSON in UTF-8', (body) => {
    expect(readSegment(body)).toEqual({ ok: false, problems: [{ pointer: '', detail: 'must be JSON in UTF-8' }] })
  })

  it('with thousands of mistakes tells the first ones', () => {
    const result = read({ ...sync, data: { ...data, add: Array(5000).fill({}) } })
    expect(result.ok ? 0 : result.problems.length).toBeLessThanOrEqual(100)
  })
})

it('a drain is read: it has a segment and no more', () => {
  const drain = { ...sync, action_type: 'segment.users.drain', data: { segment: data.segment } }
  expect(read(drain)).toEqual({ ok: true, kind: 'drain', segment: data.segment })
  expect(read({ ...drain, data: {} })).toMatchObject({ ok: false, problems: [{ pointer: '/data/segment' }] })
})
