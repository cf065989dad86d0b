using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// Environments of another process, reached through a socket: a game made with Godot RL Agents, or Gymnasium
/// environments of a Python process (clients/python/rlsquared_env.py). The trainer listens, the games connect; every
/// agent of every game is a lane. docs/remote.md has the protocol.
/// <para>A trial is a number of episodes of one agent. A game that knows trials is given a seed for each, from which it
/// draws the trial's task, so that trial i is the same whenever it is played; a game of Godot draws as it likes. What
/// a game does is its own affair: two runs with the same seed have the same bits only if it does the same.</para>
/// </summary>
public sealed class RemoteTask : TaskDistribution, IDisposable
{
    internal const string TaskName = "remote";

    readonly RemoteGames games;
    readonly ObservationSpace observation;
    readonly ActionSpace action;
    readonly bool masks;

    RemoteTask(RemoteOptions options, RemoteGames games)
    {
        (Options, this.games) = (options, games);
        SpaceText.TryReadObservation(options.Observation, out observation);
        SpaceText.TryReadActions(options.Actions, out action, out masks);
        if (RemoteSpaces.TooMany(options.Agents, observation, action) is { } excess)
            throw new OptionException("agents", excess);
    }

    /// <summary>
    /// A task of the games that connect. Where the options leave open how many agents there are, or what these see and
    /// decide, it waits for the games and asks them; else it waits when the first trial begins.
    /// </summary>
    /// <exception cref="RemoteException">The port is in use, no game connects, or what it sends makes no
    /// sense.</exception>
    public static RemoteTask Create(RemoteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var games = new RemoteGames(options);
        if (options.AreComplete)
            return new RemoteTask(options, games);
        try
        {
            RemoteSpaces spaces = games.Connect();
            return new RemoteTask(options with
            {
                Agents = games.Agents,
                Observation = SpaceText.Show(spaces.Observation),
                Actions = SpaceText.Show(spaces.ActionParts, spaces.Masks),
            }, games);
        }
        catch
        {
            games.Dispose();
            throw;
        }
    }

    /// <summary>What was asked for, with what the games answered.</summary>
    public RemoteOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => TaskName;

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => RemoteOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => observation;

    /// <inheritdoc/>
    public override ActionSpace Action => action;

    /// <inheritdoc/>
    public override bool Masks => masks;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.MaxSteps);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <summary>The agents of all games together.</summary>
    public override int MaxLanes => Options.Agents;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxLanes);
        return new RemoteLanes(this, games, count);
    }

    /// <summary>Says goodbye to the games, which makes one of Godot quit, and closes the port.</summary>
    public void Dispose() => games.Dispose();
}

/// <summary>
/// The first N agents of all games, in lock-step. A game whose agents have all come to the end of their trials is left
/// alone until the next ones begin.
/// </summary>
sealed class RemoteLanes : Lanes
{
    readonly RemoteTask task;
    readonly RemoteGames games;
    readonly int[] seeds;               // [all agents]
    readonly int[] episodesLeft;        // [N]; 0 when the trial is over
    readonly int[] stepsInEpisode;      // [N]
    int playing;                        // lanes whose trial goes on

    public RemoteLanes(RemoteTask task, RemoteGames games, int count)
    {
        (this.task, this.games, Count) = (task, games, count);
        seeds = new int[task.MaxLanes];
        (episodesLeft, stepsInEpisode) = (new int[count], new int[count]);
    }

    public override int Count { get; }

    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        games.Connect();
        games.BeginFor(this);
        for (int agent = 0; agent < seeds.Length; agent++)
        {
            // 31 bits, which every language reads as a whole number.
            RandomSequence random = new RandomKey(seed, RandomPurpose.Task, firstTrial + (ulong)agent).Sequence(0);
            seeds[agent] = (int)(random.NextWord() >> 1);
        }
        Array.Fill(episodesLeft, task.Options.Episodes);
        Array.Clear(stepsInEpisode);
        playing = Count;
        TaskException? lost = null;
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
        {
            RemoteGame one = games[game];
            int first = games.FirstAgent(game), agents = one.Spaces.Agents;
            for (int agent = 0; agent < agents; agent++)
                one.Active[agent] = first + agent < Count;
            try
            {
                one.SendReset(seeds.AsSpan(first, agents));
            }
            catch (DisconnectedException failure)
            {
                lost = games.Lose(game, failure, lost);
            }
        }
        Receive(isStep: false, ref lost);
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
            CopyObservations(game, observations);
    }

    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        games.RequireFor(this);
        (int K, int C) = (task.Action.Choices, task.Action.Numbers);
        TaskException? lost = null;
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
        {
            if (!games[game].Active.Contains(true))
                continue;
            int first = games.FirstAgent(game);
            try
            {
                games[game].SendActions(actions.Choices[(first * K)..], actions.Numbers[(first * C)..]);
            }
            catch (DisconnectedException failure)
            {
                lost = games.Lose(game, failure, lost);
            }
        }
        Receive(isStep: true, ref lost);
        observations[..(Count * task.Observation.Width)].Clear();
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
            Settle(game, observations, rewards, endings);
        if (playing == 0)
            games.Complete();
    }

    public override void Allowed(Span<bool> allowed)
    {
        int A = task.Actions;
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
        {
            RemoteGame one = games[game];
            for (int agent = 0, lane = games.FirstAgent(game); agent < one.Active.Length; agent++, lane++)
            {
                if (one.Active[agent])
                    one.Reply.Allowed.AsSpan(agent * A, A).CopyTo(allowed[(lane * A)..]);
            }
        }
    }

    // All games work at the same time, and each has answered, or is known to be gone, before a loss is thrown.
    void Receive(bool isStep, ref TaskException? lost)
    {
        for (int game = 0; game < games.Count && games.FirstAgent(game) < Count; game++)
        {
            if (!games.IsThere(game) || !games[game].Active.Contains(true))
                continue;
            try
            {
                if (isStep)
                    games[game].ReceiveStep();
                else
                    games[game].ReceiveReset();
            }
            catch (DisconnectedException failure)
            {
                lost = games.Lose(game, failure, lost);
            }
        }
        if (lost is not null)
            throw lost;
    }

    void Settle(int game, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        CopyObservations(game, observations);
        RemoteGame one = games[game];
        int width = task.Observation.Width;
        for (int agent = 0, lane = games.FirstAgent(game); agent < one.Active.Length && lane < Count; agent++, lane++)
        {
            if (!one.Active[agent])
            {
                (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                continue;
            }
            bool outOfTime = ++stepsInEpisode[lane] == task.Options.MaxSteps;
            bool truncated = one.Reply.Truncated[agent], done = one.Reply.Done[agent];
            Endings ending = truncated || (outOfTime && !done) ? Endings.Truncated
                : done ? Endings.Terminated : Endings.None;
            if (ending != Endings.None)
            {
                stepsInEpisode[lane] = 0;
                if (--episodesLeft[lane] == 0)
                {
                    ending |= Endings.TrialEnded;
                    one.Active[agent] = false;
                    playing--;
                    observations.Slice(lane * width, width).Clear();
                }
            }
            (rewards[lane], endings[lane]) = (one.Reply.Rewards[agent], ending);
        }
    }

    void CopyObservations(int game, Span<float> observations)
    {
        RemoteGame one = games[game];
        int width = task.Observation.Width;
        for (int agent = 0, lane = games.FirstAgent(game); agent < one.Active.Length && lane < Count; agent++, lane++)
        {
            if (one.Active[agent])
                one.Reply.Observations.AsSpan(agent * width, width).CopyTo(observations[(lane * width)..]);
        }
    }
}
