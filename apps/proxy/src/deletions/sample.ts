/**
 * A list of users and whether they opted out, for tests: three of them did.
 * @module
 */
export const OPT_OUTS = [
  { user_name: 'john123', email: 'john@example.com', identity_type: 'identity', value: '310068', opt_out: true },
  { user_name: 'Ant', email: 'Ant@example.com', identity_type: 'user_id', value: '5954094055083999', opt_out: false },
  { user_name: 'Mary', email: 'mary@example.com', identity_type: 'identity', value: '498763', opt_out: true },
  {
    user_name: 'Billy',
    email: 'billy@example.com',
    identity_type: 'user_id',
    value: '6514974001406129',
    opt_out: false,
  },
  { user_name: 'Jess', email: 'jess@example.com', identity_type: 'identity', value: '112017', opt_out: true },
]
