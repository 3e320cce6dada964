/** WGSL's language features (spec, "Language Extensions"): a kernel uses them unasked where a browser has them, and is refused where it does not. */
export const LANGUAGE_FEATURES: readonly string[] = [
  "readonly_and_readwrite_storage_textures",
  "packed_4x8_integer_dot_product",
  "unrestricted_pointer_parameters",
  "pointer_composite_access",
  "uniform_buffer_standard_layout",
  "subgroup_id",
  "subgroup_uniformity",
  "texture_and_sampler_let",
  "texture_formats_tier1",
  "linear_indexing",
  "swizzle_assignment",
  "fragment_depth",
  "immediate_address_space",
  "buffer_view",
];
