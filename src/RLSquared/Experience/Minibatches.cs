using RLSquared.Tensors.Random;

namespace RLSquared.Experience;

/// <summary>How trials are cut into minibatches, and these into shards.</summary>
static class Minibatches
{
    /// <summary>The least number of trials that few lanes play in whole rounds, and that are enough.</summary>
    /// <param name="trials">How many are enough.</param>
    /// <param name="lanes">How many are played at once.</param>
    public static int InWholeRounds(int trials, int lanes) => checked((trials + lanes - 1) / lanes * lanes);

    /// <summary>Where piece i of so many begins, when trials are cut into pieces that differ by one at most.</summary>
    public static int Cut(int trials, int i, int pieces) => (int)((long)trials * i / pieces);

    /// <summary>The trials of one piece.</summary>
    public static ReadOnlySpan<int> Share(ReadOnlySpan<int> trials, int i, int pieces) =>
        trials[Cut(trials.Length, i, pieces)..Cut(trials.Length, i + 1, pieces)];

    /// <summary>Puts all trials into a new order, of which minibatches are taken.</summary>
    /// <param name="order">Receives the numbers of the trials, [N].</param>
    /// <param name="rollout">What was played.</param>
    /// <param name="minibatch">Trials of a minibatch, in which trials of like length come together.</param>
    /// <param name="random">What the order depends on.</param>
    public static void Shuffle(int[] order, Rollout rollout, int minibatch, RandomSequence random)
    {
        Shuffle(order, random);
        rollout.SortEach(order, minibatch);
    }

    /// <summary>Puts the numbers from 0 on into a new order.</summary>
    /// <param name="order">Receives them.</param>
    /// <param name="random">What the order depends on.</param>
    public static void Shuffle(int[] order, RandomSequence random)
    {
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        random.Shuffle(order.AsSpan());
    }

    /// <summary>Checks that the pieces fit.</summary>
    /// <param name="option">The name of the minibatch's option.</param>
    /// <param name="minibatch">Trials of a minibatch.</param>
    /// <param name="trials">Trials of an iteration.</param>
    /// <param name="shards">The pieces of a minibatch.</param>
    /// <exception cref="OptionException">The minibatch does not divide the trials, or there are more shards than
    /// that.</exception>
    public static void Require(string option, int minibatch, int trials, int shards)
    {
        if (trials % minibatch != 0)
        {
            // The divisors come in pairs, one of which is at most the root.
            int[] small = [.. Enumerable.Range(1, (int)Math.Sqrt(trials)).Where(number => trials % number == 0)];
            int[] divisors = [.. small, .. small.Select(number => trials / number)];
            int below = divisors.Where(number => number < minibatch).DefaultIfEmpty(1).Max();
            int above = divisors.Where(number => number > minibatch).DefaultIfEmpty(trials).Min();
            string which = above == below ? $"{below} does" : $"{below} and {above} do";
            throw new OptionException(option, $"{option} {minibatch} does not divide {trials} trials; {which}");
        }
        if (shards > minibatch)
        {
            throw new OptionException(
                "shards", $"{shards} shards cannot share a {option} of {minibatch} trials; {minibatch} or fewer can");
        }
    }
}
