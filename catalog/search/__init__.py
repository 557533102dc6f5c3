"""Search of the catalog: one tokeniser, an index kept in the transaction of each change, facets and suggestions."""
