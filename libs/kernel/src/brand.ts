declare const brand: unique symbol;

/** A type that only its own constructor makes, such as an event id that is not just any string. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
