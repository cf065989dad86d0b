namespace RLSquared.Gpu;

/// <summary>
/// A GPU cannot be used, or what was asked of it failed; the message says what is missing or was wrong.
/// </summary>
public sealed class GpuException : Exception
{
    /// <summary>With a message of one sentence.</summary>
    public GpuException(string message) : base(message) { }

    /// <summary>With the error that it came from.</summary>
    public GpuException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Without a message.</summary>
    public GpuException() { }
}
