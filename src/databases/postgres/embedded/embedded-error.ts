import { RowferryError } from '../../../errors/errors.ts'

export function embeddedError(message: string, remedy: string, cause?: unknown): RowferryError {
  return new RowferryError('CONNECT_EMBEDDED', { message, remedy, cause })
}

/** The remedy that always works. */
export const giveUrl = 'give a PostgreSQL URL as target (postgres://user:password@localhost:5432/database)'
