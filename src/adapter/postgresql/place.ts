/** No text of a statement can hold it, so that places of parameters are told apart from all else; `connection.ts` numbers them. */
export const PLACE = "\u0000";
