using System.Net;
using RLSquared.Settings;

namespace RLSquared.Tasks.Remote;

/// <summary>Options of <see cref="RemoteTask"/>.</summary>
public sealed record RemoteOptions
{
    /// <summary>What stands for 'whatever the games offer'.</summary>
    public const string Ask = "ask";

    /// <summary>What stands for no method.</summary>
    public const string NoMethod = "none";

    /// <summary>
    /// The address to listen on. 127.0.0.1 is reached from this machine alone; any other lets everyone in who reaches
    /// the port, for the protocol knows neither passwords nor encryption.
    /// </summary>
    public string Host
    {
        get;
        init => field = IPAddress.TryParse(value, out _) ? value : throw new OptionException(
            "host", $"host must be an address such as 127.0.0.1, but is '{value}'");
    } = "127.0.0.1";

    /// <summary>The port to listen on, from 1 to 65535. Games of Godot RL Agents try 11008.</summary>
    public int Port { get; init => field = Require.Within("port", value, 1, 65535); } = 11008;

    /// <summary>How many games connect, each a process of its own; from 1 to 256.</summary>
    public int Games { get; init => field = Require.Within("games", value, 1, 256); } = 1;

    /// <summary>
    /// The most seconds that anything is waited for: that all games connect, that a game answers, that it reads; above
    /// 0, at most a day. Low: a hanging game is noticed soon; high: slow games are given time to start.
    /// </summary>
    public float Timeout
    {
        get;
        init => field = Require.AtMost("timeout", Require.Above("timeout", value, 0), 86400);
    } = 60;

    /// <summary>Episodes of a trial, from 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 2;

    /// <summary>
    /// Steps after which an episode is cut, from 1 to 100,000. A game of Godot is not told, and plays on where it
    /// stands: let it end episodes itself before that.
    /// </summary>
    public int MaxSteps { get; init => field = Require.Within("max-steps", value, 1, 100_000); } = 200;

    /// <summary>
    /// A method that the game is asked to call on every agent before a trial begins, so that it draws a new task; the
    /// <c>call</c> of the protocol. Not called where it is <see cref="NoMethod"/>.
    /// </summary>
    public string TrialMethod { get; init; } = NoMethod;

    /// <summary>
    /// How often in a row trials may be begun again because a game was lost, from 0 to 1000; each time it has the
    /// timeout to come back. 0: a lost game ends the run.
    /// </summary>
    public int Restarts { get; init => field = Require.Within("restarts", value, 0, 1000); }

    /// <summary>
    /// The agents of all games together, N: so many trials can be played at once. 0 to ask the games; a run's
    /// configuration holds what they answered.
    /// </summary>
    public int Agents { get; init => field = Require.Within("agents", value, 0, 65536); }

    /// <summary>
    /// What an agent sees, such as <c>vector:4</c>; <see cref="Ask"/> to ask the games. Where a run has it already, it
    /// is a check that they are the same.
    /// </summary>
    public string Observation
    {
        get;
        init => field = value == Ask || SpaceText.TryReadObservation(value, out _) ? value : throw new OptionException(
            "observation", "observation must be ask, nothing, or such as discrete:12, vector:4 or image:48x64x3, " +
                $"but is '{value}'");
    } = Ask;

    /// <summary>What an agent decides, such as <c>choices:3,2+numbers:2+masks</c>, or <see cref="Ask"/>.</summary>
    public string Actions
    {
        get;
        init => field = value == Ask || SpaceText.TryReadActions(value, out _, out _) ? value : throw new
            OptionException("actions", "actions must be ask, or such as choices:5, choices:3,2 or numbers:2, with " +
                $"+ between them and +masks at the end where some are not always allowed, but is '{value}'");
    } = Ask;

    /// <summary>Whether nothing has to be asked.</summary>
    internal bool AreComplete => Agents > 0 && Observation != Ask && Actions != Ask;

    /// <summary>Such as '1 game on 127.0.0.1:11008'.</summary>
    internal string Peers => $"{(Games == 1 ? "1 game" : $"{Games} games")} on {Host}:{Port}";

    /// <summary>The options by name.</summary>
    public static OptionTable<RemoteOptions> Table { get; } =
        new OptionTable<RemoteOptions>("the task remote", new())
            .Words("host", "address to listen on; others than 127.0.0.1 let other machines in",
                options => options.Host, (options, value) => options with { Host = value })
            .Integer("port", "port to listen on",
                options => options.Port, (options, value) => options with { Port = value })
            .Integer("games", "processes that connect",
                options => options.Games, (options, value) => options with { Games = value },
                low: "one process works at a time", high: "they work side by side")
            .Number("timeout", "most seconds to wait for a connection, an answer or a reader",
                options => options.Timeout, (options, value) => options with { Timeout = value },
                low: "a hanging game is noticed soon", high: "slow games are given time")
            .Integer("episodes", "episodes of a trial",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "nothing to remember with 1", high: "remembering pays more often")
            .Integer("max-steps", "steps after which an episode is cut",
                options => options.MaxSteps, (options, value) => options with { MaxSteps = value },
                low: "cuts off long episodes", high: "needs more memory")
            .Words("trial-method", "method of every Godot agent to call before a trial, or none",
                options => options.TrialMethod, (options, value) => options with { TrialMethod = value })
            .Integer("restarts", "how often in a row trials begin again when a game was lost",
                options => options.Restarts, (options, value) => options with { Restarts = value },
                low: "0: a lost game ends the run", high: "bears with a game that crashes")
            .Integer("agents", "agents of all games together; 0 to ask them",
                options => options.Agents, (options, value) => options with { Agents = value })
            .Words("observation", "what an agent sees, such as vector:4; ask to ask the games",
                options => options.Observation, (options, value) => options with { Observation = value })
            .Words("actions", "what an agent decides, such as choices:5; ask to ask the games",
                options => options.Actions, (options, value) => options with { Actions = value });
}
