import type { Cell, MISFIT } from '../../mapping.ts'

/** From a value that is not NULL to the text that PostgreSQL prints for it. */
export type PrintedWriter = (value: string | bigint | number, cell: Cell) => string | typeof MISFIT
