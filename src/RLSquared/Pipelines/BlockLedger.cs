namespace RLSquared.Pipelines;

/// <summary>
/// Who makes which numbered block of experience. Numbers are given out in order, those of a maker that was lost before
/// all others, and never more than are allowed; a block is taken from the one who has its number, once. So whatever
/// becomes of makers, no block is lost or comes twice:
/// <code>
///   numbers given out = delivered + held by a maker + waiting to begin again
/// </code>
/// Any thread may call it.
/// </summary>
internal sealed class BlockLedger
{
    readonly Lock gate = new();
    readonly SortedSet<long> again = [];                    // begun once, and to begin again
    readonly Dictionary<long, object> held = [];            // by number, who makes it
    long next, allowed, delivered, restarted, refused;

    /// <summary>Numbers below it may begin.</summary>
    public long Allowed
    {
        get
        {
            lock (gate)
                return allowed;
        }
        set
        {
            lock (gate)
            {
                if (allowed == value)
                    return;
                allowed = value;
            }
            MoreAllowed?.Invoke();
        }
    }

    /// <summary>Called when other numbers may begin, or numbers wait to begin again.</summary>
    public Action? MoreAllowed { get; set; }

    /// <summary>Numbers that have begun, without those that wait to begin again.</summary>
    public long Begun
    {
        get
        {
            lock (gate)
                return next - again.Count;
        }
    }

    /// <summary>What has become of all numbers so far.</summary>
    public BlockCounts Counts
    {
        get
        {
            lock (gate)
                return new BlockCounts(next, delivered, held.Count, again.Count, restarted, refused);
        }
    }

    /// <summary>The next number for a maker.</summary>
    /// <param name="maker">Who makes the block.</param>
    /// <param name="number">Its number.</param>
    /// <returns>Whether one may begin.</returns>
    public bool TryBegin(object maker, out long number)
    {
        lock (gate)
        {
            number = again.Count > 0 ? again.Min : next;
            if (number >= allowed)
                return false;
            if (!again.Remove(number))
                next++;
            held.Add(number, maker);
            return true;
        }
    }

    /// <summary>Whether a maker has a number.</summary>
    public bool Holds(object maker, long number)
    {
        lock (gate)
            return held.TryGetValue(number, out object? holder) && holder == maker;
    }

    /// <summary>Takes a block from its maker.</summary>
    /// <returns>Whether it may be learnt from; not if the maker does not have the number, or no longer.</returns>
    public bool Deliver(object maker, long number)
    {
        lock (gate)
        {
            if (!held.TryGetValue(number, out object? holder) || holder != maker)
            {
                refused++;
                return false;
            }
            held.Remove(number);
            delivered++;
            return true;
        }
    }

    /// <summary>A maker is lost: what it has begins again, with others.</summary>
    /// <returns>The numbers, in order.</returns>
    public long[] Abandon(object maker)
    {
        long[] lost;
        lock (gate)
        {
            lost = [.. held.Where(one => one.Value == maker).Select(one => one.Key).Order()];
            foreach (long number in lost)
            {
                held.Remove(number);
                again.Add(number);
            }
            restarted += lost.Length;
        }
        if (lost.Length > 0)
            MoreAllowed?.Invoke();
        return lost;
    }

    /// <summary>How many numbers a maker has.</summary>
    public int HeldBy(object maker)
    {
        lock (gate)
            return held.Count(one => one.Value == maker);
    }

    /// <summary>Goes on where another ledger was; its other numbers count as delivered.</summary>
    /// <param name="first">What is given out next.</param>
    /// <param name="waiting">What begins again.</param>
    /// <param name="kept">What makers have.</param>
    /// <exception cref="PipelineException">A number is there twice, or was never given out.</exception>
    public void Restore(long first, IEnumerable<long> waiting, IEnumerable<(long Number, object Maker)> kept)
    {
        lock (gate)
        {
            held.Clear();
            again.Clear();
            next = first;
            foreach (long number in waiting)
            {
                if (number < 0 || number >= first || !again.Add(number))
                    throw new PipelineException($"block {number} cannot begin again: it has not begun, or is twice");
            }
            foreach ((long number, object maker) in kept)
            {
                if (number < 0 || number >= first || again.Contains(number) || !held.TryAdd(number, maker))
                    throw new PipelineException($"block {number} has not begun, or is twice");
            }
            delivered = first - again.Count - held.Count;
        }
    }
}

/// <summary>What has become of the numbers that were given out.</summary>
/// <param name="Begun">Numbers given out: those of delivered, held and waiting blocks together.</param>
/// <param name="Delivered">Blocks that were taken from their makers.</param>
/// <param name="Held">Blocks that makers have.</param>
/// <param name="Waiting">Blocks whose maker was lost, that no other has begun yet.</param>
/// <param name="Restarted">How often a block had to begin again, over all.</param>
/// <param name="Refused">Blocks that came from a maker who did not have their number, or no longer.</param>
internal readonly record struct BlockCounts(
    long Begun, long Delivered, int Held, int Waiting, long Restarted, long Refused);
