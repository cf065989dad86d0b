namespace RLSquared.Algorithms;

/// <summary>How trials are cut into minibatches, and these into shards.</summary>
static class Minibatches
{
    /// <summary>The least number of trials that few lanes play in whole rounds, and that are enough.</summary>
    /// <param name="trials">How many are enough.</param>
    /// <param name="lanes">How many are played at once.</param>
    public static int InWholeRounds(int trials, int lanes) => checked((trials + lanes - 1) / lanes * lanes);

    /// <summary>Which trials of a minibatch are those of a shard.</summary>
    public static (int From, int End) Share(int minibatch, int shard, int shards) =>
        ((int)((long)minibatch * shard / shards), (int)((long)minibatch * (shard + 1) / shards));

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
            IEnumerable<int> divisors = Enumerable.Range(1, trials).Where(number => trials % number == 0);
            int below = divisors.LastOrDefault(number => number < minibatch, 1);
            int above = divisors.FirstOrDefault(number => number > minibatch, trials);
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
