namespace RLSquared.Language.Generation;

/// <summary>How a <see cref="Generator"/> works. None of it changes what is drawn.</summary>
public sealed record GeneratorOptions
{
    /// <summary>
    /// Sequences that are computed together. More use the processor better, up to some hundred, and take more memory;
    /// while weights change meanwhile, more also means older tokens.
    /// </summary>
    public int MostInFlight { get; init; } = 64;

    /// <summary>The most bytes of keys and values; a request waits until there is room for its longest end.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Tokens of prompts that are computed in one step beside the others' next tokens, by all threads together: which
    /// step draws which token does not depend on the number of threads.
    /// </summary>
    public int PromptTokensPerStep { get; init; } = 1024;
}
