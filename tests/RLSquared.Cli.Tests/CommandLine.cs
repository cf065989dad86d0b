using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Cli.Tests.Dashboard;
using RLSquared.Language;
using RLSquared.MuJoCo;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests;

/// <summary>Runs the command within this process, below a folder of its own that is deleted afterwards.</summary>
public sealed class CommandLine : IDisposable
{
    /// <summary>What the command knows, with what the tests add.</summary>
    internal Catalogues Catalogues { get; } = new(
        [PoisonedBandits.Entry, PatientBandit.Entry, .. MuJoCoCatalogue.Tasks, .. LanguageCatalogue.Tasks],
        [PretendAlgorithm.Entry, .. LanguageCatalogue.Algorithms], Cards.Devices);

    public string Folder { get; } = TemporaryFolder.Make();

    /// <summary>Whether results go to a screen with colours.</summary>
    public bool IsScreen { get; init; }

    /// <summary>What the user types.</summary>
    public string Input { get; init; } = "";

    /// <summary>A path below the folder.</summary>
    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Runs a command.</summary>
    public Result Run(params string[] args) => Run(interrupted: false, args);

    /// <summary>Runs a command; whether Ctrl+C was pressed before its first iteration ends.</summary>
    public Result Run(bool interrupted, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var terminal = new Terminal(output, error)
        {
            RunsFolder = At("runs"),
            Input = new StringReader(Input),
            OutputIsScreen = IsScreen,
            Colours = IsScreen,
        };
        if (interrupted)
            terminal.Interrupt();
        int code = Cli.Run(args, terminal, Catalogues, PretendTable.Table);
        return new Result(code, output.ToString(), error.ToString());
    }

    /// <summary>Trains in the folder 'run' for a number of steps; one iteration takes 100.</summary>
    public Result Train(string run, int steps, params string[] more) => Run(
    [
        "train", "bandits", "--algorithm", "pretend", "--run", At(run), "--budget", $"{steps}", "--threads", "1",
        "--instances", "20", "--quiet", .. more,
    ]);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>What a command returned and wrote.</summary>
public sealed record Result(int Code, string Output, string Error)
{
    /// <summary>The JSON object on standard output, which must be all that is there.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Requires an exit code and one sentence of standard error.</summary>
    public void Fails(int code, string message)
    {
        Assert.Contains(message, Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.Equal(code, Code);
        Assert.Single(Error.TrimEnd().Split('\n'), line => line.StartsWith("rl2: ", StringComparison.Ordinal));
    }
}
