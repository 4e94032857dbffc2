//! Every constant of the cost and selectivity formulas that is not a setting, each with its unit and its origin.
//!
//! Why one file: a person who doubts an estimate finds every guess here. Settings that a session may change are in
//! [`PlannerSettings`](super::PlannerSettings). Origins are PostgreSQL 15 source files.

/// Bytes of a page (`BLCKSZ`).
pub const PAGE_BYTES: f64 = 8192.0;
/// Alignment of rows in bytes (`MAXIMUM_ALIGNOF`).
pub const MAX_ALIGN: u32 = 8;
/// Header of a row in memory, in bytes: `MAXALIGN(SizeofHeapTupleHeader)` (`relation_byte_size` in `costsize.c`).
pub const ROW_HEADER_BYTES: u32 = 24;
/// Added to the startup cost of a kind of path that is switched off (`disable_cost`, `costsize.c`).
pub const DISABLE_COST: f64 = 1.0e10;

/// Operator costs charged for each page of a B-tree descent (`DEFAULT_PAGE_CPU_MULTIPLIER`, `selfuncs.h`).
pub const PAGE_CPU_MULTIPLIER: f64 = 50.0;
/// Weight of a column's correlation in an index of several key columns (`btcostestimate`, `selfuncs.c`).
pub const MULTI_COLUMN_CORRELATION: f64 = 0.75;
/// Operator costs for setting one row's bit in a bitmap (`cost_bitmap_tree_node`, `costsize.c`).
pub const BITMAP_ROW_OPERATORS: f64 = 0.1;
/// Operator costs for combining one more bitmap (`cost_bitmap_and_node`, `costsize.c`).
pub const BITMAP_COMBINE_OPERATORS: f64 = 100.0;
/// Bytes of memory for one page in a bitmap: an entry of 48 bytes and two pointers (`tbm_calculate_entries`, `tidbitmap.c`).
pub const BITMAP_ENTRY_BYTES: f64 = 64.0;
/// Fewest pages that a bitmap is allowed to hold exactly (`tbm_calculate_entries`).
pub const BITMAP_MIN_ENTRIES: f64 = 16.0;

/// Operators charged for one comparison in a sort (`cost_tuplesort`, `costsize.c`).
pub const SORT_COMPARISON_OPERATORS: f64 = 2.0;
/// Bytes of memory that one input of a merge pass takes: two tape buffers and a read buffer of 32 pages
/// (`tuplesort_merge_order`, `tuplesort.c`).
pub const MERGE_INPUT_BYTES: f64 = 2.0 * 8192.0 + 32.0 * 8192.0;
/// Fewest inputs of a merge pass (`MINORDER`, `tuplesort.c`).
pub const MIN_MERGE_ORDER: f64 = 6.0;
/// Most inputs of a merge pass (`MAXORDER`, `tuplesort.c`).
pub const MAX_MERGE_ORDER: f64 = 500.0;
/// Fraction of a sort's page accesses taken to be sequential (`cost_tuplesort`).
pub const SORT_SEQUENTIAL_FRACTION: f64 = 0.75;
/// Largest prefix group, as a multiple of the mean, that an incremental sort is costed for (`cost_incremental_sort`).
pub const INCREMENTAL_SORT_SKEW: f64 = 1.5;

/// Row header in a hash table, in bytes: bucket link and hash (`HJTUPLE_OVERHEAD`) and the aligned minimal header (`nodeHash.c`).
pub const HASH_ROW_HEADER_BYTES: f64 = 32.0;
/// Bytes of one bucket: a pointer (`nodeHash.c`).
pub const HASH_BUCKET_BYTES: f64 = 8.0;
/// Fewest buckets of a hash join (`ExecChooseHashTableSize`, `nodeHash.c`).
pub const HASH_MIN_BUCKETS: f64 = 1024.0;
/// Percent of the hash memory kept for the most common values (`SKEW_HASH_MEM_PERCENT`, `hashjoin.h`).
pub const HASH_SKEW_PERCENT: u64 = 2;
/// Bytes of one skew bucket beside its row (`SKEW_BUCKET_OVERHEAD`, eight pointers and a number, `nodeHash.c`).
pub const HASH_SKEW_BUCKET_BYTES: u64 = 16 + 8 * 8 + 4;
/// Fraction of a bucket's rows that a probe compares (`final_cost_hashjoin`, `costsize.c`).
pub const HASH_MATCHED_PROBE: f64 = 0.5;
/// The same for a probe that finds nothing, whose hash seldom agrees (`final_cost_hashjoin`).
pub const HASH_UNMATCHED_PROBE: f64 = 0.05;
/// Smallest bucket fraction (`estimate_hash_bucket_stats`, `selfuncs.c`).
pub const MIN_BUCKET_FRACTION: f64 = 1.0e-6;
/// Bucket fraction of a key that nothing is known of (`estimate_hash_bucket_stats`).
pub const DEFAULT_BUCKET_FRACTION: f64 = 0.1;

/// Bytes of a Memoize entry: entry and key (`ExecEstimateCacheEntryOverheadBytes`, `nodeMemoize.c`).
pub const MEMOIZE_ENTRY_BYTES: f64 = 48.0;
/// Bytes that Memoize adds to each row it keeps (the same function).
pub const MEMOIZE_ROW_BYTES: f64 = 16.0;

/// Bytes of a group's entry in a hash table (`TupleHashEntryData`, `nodeAgg.c`).
pub const GROUP_ENTRY_BYTES: f64 = 24.0;
/// Header of one allocation, in bytes (`CHUNKHDRSZ`, `nodeAgg.c`).
pub const CHUNK_HEADER_BYTES: f64 = 16.0;
/// Header of a row kept in a hash table, in bytes (`MAXALIGN(SizeofMinimalTupleHeader)`).
pub const MINIMAL_HEADER_BYTES: f64 = 16.0;
/// State of one aggregate in one group, in bytes (`AggStatePerGroupData`).
pub const GROUP_STATE_BYTES: f64 = 16.0;
/// Buffer of one spill partition, in bytes (`HASHAGG_WRITE_BUFFER_SIZE`, `nodeAgg.c`).
pub const SPILL_BUFFER_BYTES: f64 = 8192.0;
/// Partitions wanted as a multiple of the memory that is missing (`HASHAGG_PARTITION_FACTOR`).
pub const SPILL_PARTITION_FACTOR: f64 = 1.5;
/// Fewest spill partitions (`HASHAGG_MIN_PARTITIONS`).
pub const SPILL_MIN_PARTITIONS: f64 = 4.0;
/// Most spill partitions (`HASHAGG_MAX_PARTITIONS`).
pub const SPILL_MAX_PARTITIONS: f64 = 1024.0;
/// Pages written or read again are charged twice: spilling is worse I/O than a sort's (`cost_agg`, `costsize.c`).
pub const SPILL_PAGE_FACTOR: f64 = 2.0;

/// Fraction of `cpu_tuple_cost` charged by Append for each row (`APPEND_CPU_COST_MULTIPLIER`, `costsize.c`).
pub const APPEND_ROW_FRACTION: f64 = 0.5;
/// Runs that a recursive term is expected to take (`cost_recursive_union`, `costsize.c`).
pub const RECURSION_ROUNDS: f64 = 10.0;
/// Fraction of the rows of a LIMIT whose number is not known (`preprocess_limit`, `planner.c`).
pub const UNKNOWN_LIMIT_FRACTION: f64 = 0.10;
/// From this many elements on, an IN list is searched by hashing (`MIN_ARRAY_SIZE_FOR_HASHED_SAOP`).
pub const HASHED_IN_LIST: usize = 9;
/// Fraction of an ANY/ALL sub-query expected to be read (`cost_subplan`, `costsize.c`).
pub const QUANTIFIED_SUBPLAN_FRACTION: f64 = 0.5;
/// Rows expected of `generate_series` and other functions (`procost`/`prorows`).
pub const DEFAULT_FUNCTION_ROWS: f64 = 1000.0;
/// Rows of an untyped array (`estimate_array_length`, `selfuncs.c`).
pub const UNKNOWN_ARRAY_LENGTH: f64 = 10.0;
/// Most cost that can be stored; rows are kept below (`MAXIMUM_ROWCOUNT`, `costsize.c`).
pub const MAX_ROWS: f64 = 1.0e100;

/// Selectivity of `=` without statistics (`DEFAULT_EQ_SEL`, `selfuncs.h`).
pub const DEFAULT_EQ: f64 = 0.005;
/// Selectivity of one inequality without statistics (`DEFAULT_INEQ_SEL`).
pub const DEFAULT_INEQUALITY: f64 = 0.333_333_333_333_333_3;
/// Searches of a skip scan for each page of the index, at most: a search goes on within the leaf where it is. PostgreSQL 18.
pub const SKIP_SEARCHES_PER_PAGE: f64 = 0.333_333_3;
/// Selectivity of a range pair without statistics (`DEFAULT_RANGE_INEQ_SEL`).
pub const DEFAULT_RANGE: f64 = 0.005;
/// Selectivity of a pattern match without statistics (`DEFAULT_MATCH_SEL`).
pub const DEFAULT_MATCH: f64 = 0.005;
/// Selectivity of IS NULL without statistics (`DEFAULT_UNK_SEL`).
pub const DEFAULT_IS_NULL: f64 = 0.005;
/// Selectivity of IS NOT NULL without statistics (`DEFAULT_NOT_UNK_SEL`).
pub const DEFAULT_IS_NOT_NULL: f64 = 1.0 - DEFAULT_IS_NULL;
/// Distinct values without statistics (`DEFAULT_NUM_DISTINCT`).
pub const DEFAULT_DISTINCT: f64 = 200.0;
/// Selectivity of a boolean expression that nothing is known of (`clause_selectivity`, `clausesel.c`).
pub const DEFAULT_BOOLEAN: f64 = 0.5;
/// Selectivity of a function that returns boolean (`function_selectivity`, `plancat.c`).
pub const DEFAULT_FUNCTION: f64 = 0.333_333_3;
/// Smallest selectivity of a range pair whose bounds cross slightly (`clauselist_selectivity`).
pub const TINY_RANGE: f64 = 1.0e-10;
/// Bounds that cross by more than this show a broken pair of estimates, not an empty range (`clauselist_selectivity`).
pub const CROSSED_RANGE: f64 = -0.01;
/// Cut-off at the ends of a histogram, in bins, when the real end is not known (`ineq_histogram_selectivity`).
pub const HISTOGRAM_CUTOFF: f64 = 0.01;
/// Smallest and, from 1, largest selectivity that a histogram gives a pattern (`patternsel_common`, `like_support.c`).
pub const PATTERN_CUTOFF: f64 = 0.0001;
/// Fewest histogram bounds that a pattern is counted in (`histogram_selectivity`).
pub const PATTERN_MIN_BOUNDS: usize = 10;
/// From this many bounds on, the counted fraction alone decides (`patternsel_common`).
pub const PATTERN_FULL_BOUNDS: usize = 100;
/// Selectivity of one fixed character after the prefix (`FIXED_CHAR_SEL`, `like_support.c`).
pub const PATTERN_FIXED_CHAR: f64 = 0.20;
/// Selectivity of a character range in a regular expression (`CHAR_RANGE_SEL`).
pub const PATTERN_CHAR_RANGE: f64 = 0.25;
/// Selectivity of `_` (`ANY_CHAR_SEL`).
pub const PATTERN_ANY_CHAR: f64 = 0.9;
/// Factor of `%` (`FULL_WILDCARD_SEL`).
pub const PATTERN_WILDCARD: f64 = 5.0;
/// Share of the rows of a relation that a combination of several grouping columns is limited to (`estimate_num_groups`).
pub const GROUP_COMBINATION_LIMIT: f64 = 0.1;
