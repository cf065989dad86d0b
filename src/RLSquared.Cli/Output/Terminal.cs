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

    /// <summary>Standard error: progress and messages. What cannot be written there is lost, and nothing fails.
    /// </summary>
    public TextWriter Error { get; } = new LenientWriter(error);

    /// <summary>Standard input: what a user says in a conversation.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

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

    /// <summary>What starts this command when it is typed: <c>rl2</c>, if that is on the path.</summary>
    public string Rl2 { get; init; } = "rl2";

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
            Input = Console.In,
            ErrorIsScreen = Environment.GetEnvironmentVariable("TERM") != "dumb" && !Console.IsErrorRedirected,
            OutputIsScreen = !Console.IsOutputRedirected,
            Colours = colours,
            Debug = Environment.GetEnvironmentVariable("RL2_DEBUG") == "1",
            Width = Console.IsErrorRedirected && Console.IsOutputRedirected ? 100 : Math.Max(20, Console.WindowWidth),
            Rl2 = OwnCall(Environment.ProcessPath ?? "rl2", Environment.GetEnvironmentVariable("PATH") ?? ""),
        };
    }

    /// <summary>A command of this program as the user can copy it.</summary>
    public string Hint(params IEnumerable<string> words) => string.Join(' ', words.Select(Quoted).Prepend(Rl2));

    /// <summary>What starts a program again from the present folder.</summary>
    /// <param name="process">The file of the process.</param>
    /// <param name="path">The folders in which programs are looked for.</param>
    internal static string OwnCall(string process, string path)
    {
        if (Path.GetFileNameWithoutExtension(process) == "dotnet")
            return "dotnet " + Quoted(Nearest(Path.Combine(AppContext.BaseDirectory, "rl2.dll")));
        string name = Path.GetFileNameWithoutExtension(process);
        bool isOnPath = path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Path.GetFileName(process))).Any(file => file == process);
        string nearest = Nearest(process);
        return isOnPath ? name : Quoted(nearest.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? nearest : Path.Combine(".", nearest));
    }

    // From the present folder if the file is below it, else from the root.
    static string Nearest(string file)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, file);
        return relative.StartsWith("..", StringComparison.Ordinal) ? file : relative;
    }

    static string Quoted(string word)
    {
        bool isPlain = word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter)
            || "-_./:=%+,@".Contains(letter, StringComparison.Ordinal) || letter == Path.DirectorySeparatorChar);
        return isPlain ? word : OperatingSystem.IsWindows() ? $"\"{word}\""
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>
    /// From now on the first Ctrl+C (or a request to terminate, or the end of the terminal) sets
    /// <see cref="Interrupted"/> and the second ends the process. Without this call the first one ends it.
    /// </summary>
    public void CatchInterrupts()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
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
