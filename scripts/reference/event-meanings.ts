import type { TransferEventName } from '../../src/model/events.ts'

/** When each event comes, in a sentence. An event without an entry does not compile. */
export const eventMeanings: Readonly<Record<TransferEventName, string>> = {
  'transfer:started': 'The transfer has its id and its folder; `resumed` when it goes on where an earlier one stopped.',
  'preflight:finding': 'One check of source or target, before anything is changed.',
  'profile:progress': 'A table was examined; `rows` counts all rows examined so far.',
  'plan:built': 'Everything is decided; nothing has been touched yet.',
  warning: 'Something to know that does not stop the transfer.',
  'step:started': 'A step of the plan begins; `number` counts from 0.',
  'step:finished': 'A step of the plan has ended.',
  retry: 'A connection was lost or could not be made; the next attempt follows after `waitMs` milliseconds.',
  'table:started': 'The first row of a table is about to be read.',
  'table:progress': 'A batch was committed; all figures are totals of the table.',
  'table:finished': 'All rows of a table were read and are loaded or rejected.',
  'shard:loaded': 'A worker of a distributed transfer had loaded a shard; `rows` are those that it read itself.',
  'object:created': 'A key, index, constraint or view was made, or `error` says why PostgreSQL refused it.',
  'table:verified': 'A table was compared.',
  'value:converted': 'One value, before and after; only with `--log-level debug`.',
  'transfer:finished': 'The transfer has ended, well or not; the report says which.',
}
