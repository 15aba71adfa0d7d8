/**
 * The properties of an event, checked by a schema of the page's own. https://standardschema.dev
 * @module
 */
import { requestError } from './errors.ts'

/** A schema of zod, valibot, arktype or any other library that speaks Standard Schema, version 1. */
export interface StandardSchema<Input = unknown, Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a schema finds. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

/**
 * Gives the properties as the schema makes them.
 *
 * @throws HeapRequestError with all that it finds
 */
export async function conform(event: string, schema: StandardSchema, properties: unknown): Promise<object> {
  const result = await schema['~standard'].validate(properties)
  if (!result.issues) return result.value as object
  const problems = result.issues.map(({ message, path = [] }) => ({
    pointer: ['/properties', ...path.map((step) => Object(step).key ?? step)].join('/'),
    detail: message,
  }))
  throw requestError(`${event}: ${problems[0]?.detail}`, { problems })
}
