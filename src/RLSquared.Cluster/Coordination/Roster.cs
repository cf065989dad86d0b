using System.Net;
using System.Text.Json;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Work;

namespace RLSquared.Cluster.Coordination;

/// <summary>The workers of a training: who has joined, who is there, who is about to leave.</summary>
/// <param name="card">What a worker learns when it joins.</param>
/// <param name="services">Reaches workers.</param>
/// <param name="options">With what secret and certificate lanes are opened.</param>
/// <param name="log">Receives a sentence for each event.</param>
internal sealed class Roster(
    TrainingCard card, ShardServices services, ClusterOptions options, Action<string> log)
{
    const int ExpectedMilliseconds = 60_000;                // from the door to the first greeting

    static readonly TimeSpan greetingLimit = TimeSpan.FromSeconds(60), greetingPause = TimeSpan.FromSeconds(1);

    readonly byte[] training = JsonSerializer.SerializeToUtf8Bytes(card, CardJson.Default.TrainingCard);
    readonly Lock gate = new();
    readonly List<Member> members = [];
    readonly HashSet<SiloAddress> known = [];               // greeted, or being greeted
    readonly Dictionary<string, (long Until, string Asker)> expected = [];      // let in at the door, by name

    /// <summary>Receives each worker to which a lane was opened, the first one or another.</summary>
    public Action<Member>? LaneOpened { get; set; }

    /// <summary>Workers that were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Those that can be given shards, in the order in which they joined.</summary>
    public Member[] Available()
    {
        lock (gate)
            return [.. members.Where(member => member.IsAvailable)];
    }

    /// <summary>How all of them do.</summary>
    public IReadOnlyList<WorkerStatus> Statuses()
    {
        lock (gate)
        {
            IEnumerable<WorkerStatus> joining = expected
                .Where(one => one.Value.Until > Environment.TickCount64
                    && members.All(member => member.Name != one.Key))
                .Select(one => new WorkerStatus(one.Key, "", 0, "joining", 0, 0));
            return [.. members.Select(member => member.Status), .. joining];
        }
    }

    /// <summary>Lets a worker of this name in, unless there is another one already.</summary>
    /// <param name="name">The name.</param>
    /// <param name="asker">The same each time that one worker asks; empty for one that does not say.</param>
    /// <returns>Why it may not; null if it may.</returns>
    public string? Expect(string name, string asker = "")
    {
        lock (gate)
        {
            long now = Environment.TickCount64;
            Member? other = members.Find(member => member.Name == name);
            bool isTaken = expected.TryGetValue(name, out (long Until, string Asker) before) && before.Until > now
                && (asker.Length == 0 || before.Asker != asker);
            if (other is null && !isTaken)
            {
                expected[name] = (now + ExpectedMilliseconds, asker);
                return null;
            }
            string where = other is null ? "which is just joining" : $"at {other.Silo.Endpoint}";
            return $"there is a worker '{name}' already, {where}; give this one another name with --name";
        }
    }

    /// <summary>Whether a worker of this name takes part or is about to.</summary>
    public bool Knows(string name)
    {
        lock (gate)
        {
            return members.Exists(member => member.Name == name)
                || (expected.TryGetValue(name, out (long Until, string) one) && one.Until > Environment.TickCount64);
        }
    }

    /// <summary>Lets a worker finish what it does, and then leave.</summary>
    /// <returns>Why that cannot be; null if it can.</returns>
    public string? Drain(string name)
    {
        Member? member;
        string[] names;
        lock (gate)
        {
            member = members.Find(member => member.Name == name);
            names = [.. members.Select(member => member.Name)];
        }
        if (member is null)
        {
            return $"there is no worker '{name}'" + (Suggestions.Nearest(name, names) is { } nearest
                ? $"; did you mean '{nearest}'?"
                : names.Length == 0 ? "; there is none at all" : $"; there are {string.Join(", ", names)}");
        }
        member.IsLeaving = true;
        _ = LeaveAsync(member);
        return null;
    }

    /// <summary>Follows the membership: greets silos that have come, and notes those that have gone.</summary>
    public void Follow(IEnumerable<SiloAddress> active)
    {
        HashSet<SiloAddress> present = [.. active];
        List<Member> gone;
        List<SiloAddress> come;
        lock (gate)
        {
            gone = members.FindAll(member => !present.Contains(member.Silo));
            members.RemoveAll(gone.Contains);
            known.IntersectWith(present);
            come = [.. present.Where(known.Add)];
            Lost += gone.Count(member => !member.IsLeaving);
        }
        foreach (Member member in gone)
        {
            member.NoteGone();
            log($"worker '{member.Name}' {(member.IsLeaving ? "has left" : "is lost")}");
        }
        foreach (SiloAddress silo in come)
            _ = GreetAsync(silo);
    }

    /// <summary>Ends a worker that cannot go on.</summary>
    public void SendAway(Member member, string reason)
    {
        member.IsLeaving = true;
        log(reason);
        _ = LeaveAsync(member, reason);
    }

    /// <summary>Ends the lane to a worker.</summary>
    public void BreakLane(string name)
    {
        lock (gate)
            members.Find(member => member.Name == name)?.Lane.Abort();
    }

    /// <summary>Gives no more shards away.</summary>
    public void Close()
    {
        lock (gate)
            members.ForEach(member => member.NoteGone());
    }

    async Task GreetAsync(SiloAddress silo)
    {
        for (bool isFirst = true; IsKnown(silo); isFirst = false)
        {
            try
            {
                await GreetAsync(silo, services.Of(silo));
                return;
            }
            catch (Exception failure)
            {
                if (isFirst)
                    log($"the worker at {silo.Endpoint} cannot be greeted yet: {failure.Message}");
            }
            await Task.Delay(greetingPause);
        }
    }

    async Task GreetAsync(SiloAddress silo, IShardService service)
    {
        byte[] answer = await service.Greet(training).WaitAsync(greetingLimit);
        WorkerCard worker = JsonSerializer.Deserialize(answer, CardJson.Default.WorkerCard)!;
        string? refusal = worker.Refusal;
        Lane? lane = refusal is null ? await OpenAsync(silo, worker) : null;
        Member? added = null;
        lock (gate)
        {
            expected.Remove(worker.Name);
            if (refusal is null && members.Exists(member => member.Name == worker.Name))
                refusal = $"there is a worker '{worker.Name}' already; give this one another name with --name";
            if (refusal is null && known.Contains(silo))
                members.Add(added = new Member(silo, service, worker, lane!));
            else
                lane?.Dispose();
        }
        if (added is not null)
            LaneOpened?.Invoke(added);
        log(refusal ?? $"worker '{worker.Name}' has joined from {silo.Endpoint}, with {worker.Threads} " +
            (worker.Threads == 1 ? "thread" : "threads"));
        if (refusal is not null)
            await service.Leave(refusal);
    }

    /// <summary>Opens another lane to a worker whose last one broke, as soon as it takes one.</summary>
    public void Reopen(Member member) => _ = Task.Run(async () =>
    {
        while (!member.Gone.IsCompleted)
        {
            await Task.Delay(greetingPause);
            try
            {
                member.Take(await OpenAsync(member.Silo, member.Card));
                LaneOpened?.Invoke(member);
                return;
            }
            catch (IOException)
            {
                // It is still busy, or has ended, which is noticed soon.
            }
        }
    });

    Task<Lane> OpenAsync(SiloAddress silo, WorkerCard worker) => Task.Run(() => Lane.Open(
        new IPEndPoint(silo.Endpoint.Address, worker.Port), options,
        new Hello(Errand.Shards, card.Training, Build.Current)));

    bool IsKnown(SiloAddress silo)
    {
        lock (gate)
            return known.Contains(silo);
    }

    static async Task LeaveAsync(Member member, string? reason = null)
    {
        try
        {
            await Task.WhenAny(member.Pending, member.Gone);
            await member.Service.Leave(reason);
        }
        catch (Exception)
        {
            // It has ended meanwhile, which was wanted.
        }
    }
}
