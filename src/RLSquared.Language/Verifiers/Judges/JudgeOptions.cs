using RLSquared.Settings;
using RLSquared.Tensors;

namespace RLSquared.Language.Verifiers.Judges;

/// <summary>Which judge.</summary>
public enum JudgeKind
{
    /// <summary>Looks for the checkpoints of the data: <see cref="CheckpointJudge"/>.</summary>
    Checkpoints,
    /// <summary>By the reference's likelihood under a model: <see cref="LikelihoodJudge"/>.</summary>
    Likelihood,
    /// <summary>A model on this machine that writes an analysis: <see cref="ModelJudge"/>.</summary>
    Model,
    /// <summary>A model behind OpenAI's interface: <see cref="RemoteJudge"/>.</summary>
    Remote,
}

/// <summary>A judge that can be named on the command line.</summary>
public sealed record JudgeOptions
{
    /// <summary>Which one.</summary>
    public JudgeKind Kind { get; init; } = JudgeKind.Checkpoints;

    /// <summary>The folder of the judge's model, or what a remote server calls it.</summary>
    public string Model { get; init; } = "";

    /// <summary>Where a remote judge is, such as <c>http://127.0.0.1:6200/v1</c>.</summary>
    public string Url { get; init; } = "";

    /// <summary>
    /// The environment variable with the key of a remote judge; empty for none. A key itself would end in the run's
    /// folder.
    /// </summary>
    public string KeyVariable { get; init; } = "";

    /// <summary>How long an answer of a remote judge may take, in seconds.</summary>
    public double Timeout { get; init => field = Require.Within("judge-timeout", value, 0.001, 86_400); } = 60;

    /// <summary>How often a remote judge is asked again.</summary>
    public int Retries { get; init => field = Require.Within("judge-retries", value, 0, 100); } = 3;

    /// <summary>The most tokens of a judge's answer.</summary>
    public int Tokens { get; init => field = Require.AtLeast("judge-tokens", value, 1); } = 2048;

    /// <summary>Makes the judge.</summary>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">Something that the kind needs is missing.</exception>
    public IJudge Create(Workers workers)
    {
        switch (Kind)
        {
            case JudgeKind.Checkpoints:
                return new CheckpointJudge();
            case JudgeKind.Remote when Url.Length == 0:
                throw new OptionException("judge-url",
                    "a remote judge needs its address: judge-url=http://127.0.0.1:6200/v1, say");
            case JudgeKind.Remote:
                string key = KeyVariable.Length == 0 ? ""
                    : Environment.GetEnvironmentVariable(KeyVariable) ?? throw new OptionException(
                        "judge-key-variable", $"there is no environment variable {KeyVariable} with the judge's key");
                return new RemoteJudge(Url, new RemoteJudgeOptions
                {
                    Model = Model.Length > 0 ? Model : "default",
                    Key = key,
                    Timeout = TimeSpan.FromSeconds(Timeout),
                    Retries = Retries,
                    LongestAnswer = Tokens,
                });
            case var _ when Model.Length == 0:
                throw new OptionException("judge-model",
                    "this judge needs the folder of a model: judge-model=FOLDER");
            case JudgeKind.Likelihood:
                return LikelihoodJudge.Open(Model, workers);
            default:
                return ModelJudge.Open(Model, workers, Tokens);
        }
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<JudgeOptions> Table { get; } = new OptionTable<JudgeOptions>("the judge", new())
        .Choice("judge", "who grades",
            options => options.Kind, (options, value) => options with { Kind = value },
            ("checkpoints", JudgeKind.Checkpoints), ("likelihood", JudgeKind.Likelihood), ("model", JudgeKind.Model),
            ("remote", JudgeKind.Remote))
        .Words("judge-model", "folder of the judge's model, or its name on a server",
            options => options.Model, (options, value) => options with { Model = value })
        .Words("judge-url", "where a remote judge is",
            options => options.Url, (options, value) => options with { Url = value })
        .Words("judge-key-variable", "environment variable with the key of a remote judge",
            options => options.KeyVariable, (options, value) => options with { KeyVariable = value })
        .Number("judge-timeout", "seconds that an answer of a remote judge may take",
            options => options.Timeout, (options, value) => options with { Timeout = value },
            low: "gives up on long analyses", high: "waits long for a server that is gone")
        .Integer("judge-retries", "how often a remote judge is asked again",
            options => options.Retries, (options, value) => options with { Retries = value })
        .Integer("judge-tokens", "most tokens of a judge's answer",
            options => options.Tokens, (options, value) => options with { Tokens = value });
}
