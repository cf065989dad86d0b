namespace RLSquared.Testing;

/// <summary>
/// How long a test waits for what must come. A good run never waits so long, however busy the machine is; a broken one
/// ends with a sentence and does not hang.
/// </summary>
static class Deadline
{
    /// <summary>Four minutes.</summary>
    public static TimeSpan Far { get; } = TimeSpan.FromMinutes(4);

    /// <summary>The same in milliseconds, for sockets.</summary>
    public static int FarMilliseconds => (int)Far.TotalMilliseconds;
}
