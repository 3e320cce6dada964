/** WGSL's language features (spec, "Language Extensions") that serve a compute shader without textures: a browser that has one takes it unasked, another refuses the kernel. */
export const LANGUAGE_FEATURES: readonly string[] = [
  "packed_4x8_integer_dot_product",
  "unrestricted_pointer_parameters",
  "pointer_composite_access",
  "uniform_buffer_standard_layout",
  "subgroup_id",
  "subgroup_uniformity",
  "linear_indexing",
  "swizzle_assignment",
];
