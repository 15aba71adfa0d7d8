/**
 * Local stand-ins for the services that workflows talk to. Each runs in this process on a port of its own, looks at a request as
 * strictly as the real one documents, keeps what it got, and fails when it is told to.
 * @module
 */
export { type Clearbit, startClearbit } from './clearbit.ts'
export { type Google, shown, startGoogle } from './google/index.ts'
export { type Monday, type MondayItem, startMonday } from './monday.ts'
export { type Pipedrive, startPipedrive } from './pipedrive.ts'
export { type Receiver, startReceiver } from './receiver.ts'
export { type Salesforce, startSalesforce } from './salesforce.ts'
export { type Seen, type StandIn, standIn } from './server.ts'
export { type Slack, startSlack } from './slack.ts'
export { type Source, startSource } from './source.ts'
