using System.Runtime.InteropServices;

namespace RLSquared.Cli.Output;

/// <summary>
/// Where the command writes and how it hears that it should stop. Nothing below <c>Program.cs</c> touches the console
/// itself, so that a test can run a command within its own process.
/// </summary>
/// <param name="output">Standard output: results.</param>
/// <param name="error">Standard error: progress and messages.</param>
internal sealed class Terminal(TextWriter output, TextWriter error) : IDisposable
{
    readonly CancellationTokenSource interruption = new();
    readonly List<PosixSignalRegistration> signals = [];

    /// <summary>Standard output: results.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Standard error: progress and messages.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether standard error is a screen on which a table may be redrawn.</summary>
    public bool ErrorIsScreen { get; init; }

    /// <summary>Whether standard output is a screen.</summary>
    public bool OutputIsScreen { get; init; }

    /// <summary>Whether messages may have colours.</summary>
    public bool Colours { get; init; }

    /// <summary>Whether failures are shown with all that a developer needs.</summary>
    public bool Debug { get; init; }

    /// <summary>Columns of the screen.</summary>
    public int Width { get; init; } = 100;

    /// <summary>The folder below which new runs are made.</summary>
    public string RunsFolder { get; init; } = "runs";

    /// <summary>Asks for the end of what is going on.</summary>
    public CancellationToken Interrupted => interruption.Token;

    /// <summary>The console of this process.</summary>
    public static Terminal OfProcess()
    {
        bool colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new Terminal(Console.Out, Console.Error)
        {
            ErrorIsScreen = colours && !Console.IsErrorRedirected,
            OutputIsScreen = !Console.IsOutputRedirected,
            Colours = colours,
            Debug = Environment.GetEnvironmentVariable("RL2_DEBUG") == "1",
            Width = Console.IsErrorRedirected && Console.IsOutputRedirected ? 100 : Math.Max(60, Console.WindowWidth),
        };
    }

    /// <summary>
    /// From now on the first Ctrl+C (or a request to terminate) sets <see cref="Interrupted"/> and the second ends the
    /// process. Without this call the first one ends it.
    /// </summary>
    public void CatchInterrupts()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
            signals.Add(PosixSignalRegistration.Create(signal, Interrupt));
    }

    /// <summary>Writes a warning to standard error, if there is one.</summary>
    public void Warn(string? warning)
    {
        if (warning is not null)
            Error.WriteLine($"warning: {warning}");
    }

    /// <summary>What the first Ctrl+C does.</summary>
    public void Interrupt() => interruption.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in signals)
            signal.Dispose();
        interruption.Dispose();
    }

    void Interrupt(PosixSignalContext context)
    {
        if (interruption.IsCancellationRequested)
            return;                                             // the second time: let the process end
        context.Cancel = true;
        Interrupt();
    }
}
