foulweather drill deploy frontend token=access
